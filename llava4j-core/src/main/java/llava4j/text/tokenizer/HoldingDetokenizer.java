package llava4j.text.tokenizer;

import java.util.Arrays;

/// Holds everything back to the end: the sound way for a `tokenizer.json` whose decoder is not
/// LLaMA's, where a later id may change any text before it.
final class HoldingDetokenizer implements StreamingDetokenizer {
  private final Tokenizer tokenizer;
  private int[] ids = new int[16];
  private int numIds;

  HoldingDetokenizer(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  @Override
  public String accept(int id) {
    if (numIds == ids.length) {
      ids = Arrays.copyOf(ids, 2 * numIds);
    }
    ids[numIds++] = id;
    return "";
  }

  @Override
  public String finish() {
    String text = tokenizer.decode(Arrays.copyOf(ids, numIds), true);
    numIds = 0;
    return text;
  }
}
