package llava4j.text;

import java.util.Arrays;

/// Turns a stream of ids into pieces of text, never half a character, never a piece that a later id
/// would change.
///
/// Decodes a short window behind the last point where the text was settled, so a long answer costs
/// linear time. Special tokens give no text.
public final class StreamingDetokenizer {
  private static final int MAX_WINDOW = 64;
  private static final char REPLACEMENT = '�';

  private final Tokenizer tokenizer;
  private int[] window = new int[0]; // the settled ids of one step, then the pending ones
  private int numSettled;

  StreamingDetokenizer(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /// The text that this id settles; often empty.
  public String accept(int id) {
    window = Arrays.copyOf(window, window.length + 1);
    window[window.length - 1] = id;
    String settled = text(numSettled);
    String all = text(window.length);
    if (all.length() <= settled.length() || all.charAt(all.length() - 1) == REPLACEMENT) {
      return "";
    }
    return settle(settled, all);
  }

  /// What is left at the end of the stream; broken characters as U+FFFD.
  public String finish() {
    return settle(text(numSettled), text(window.length));
  }

  private String settle(String settled, String all) {
    String piece = all.substring(Math.min(settled.length(), all.length()));
    // A window of blanks alone would lose one as a dummy prefix: they stay behind the text before
    // them.
    if (!piece.isBlank() || window.length > MAX_WINDOW) {
      window = Arrays.copyOfRange(window, numSettled, window.length);
    }
    numSettled = window.length;
    return piece;
  }

  private String text(int numIds) {
    return tokenizer.decode(Arrays.copyOf(window, numIds), true);
  }
}
