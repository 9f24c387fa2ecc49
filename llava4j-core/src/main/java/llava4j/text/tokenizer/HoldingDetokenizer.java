package llava4j.text.tokenizer;

import java.util.Arrays;

/// Holds all text back until the end. This is the safe way for a `tokenizer.json` with an unknown
/// decoder, in which a later id may change any earlier text.
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
