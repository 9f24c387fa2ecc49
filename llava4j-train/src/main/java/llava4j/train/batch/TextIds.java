package llava4j.train.batch;

import llava4j.text.PromptEncoder;
import llava4j.text.tokenizer.Tokenizer;

/// Ids of a conversation's text, as the original makes them: with image slots in a sample that has
/// an image, with a literal `<image>` as plain characters in one that has none.
record TextIds(Tokenizer tokenizer, boolean withImage) {

  int[] of(String text) {
    return withImage
        ? new PromptEncoder(tokenizer, tokenizer.addsBos()).encode(text)
        : tokenizer.encode(text);
  }

  /// How many ids a text has on its own.
  int length(String text) {
    return of(text).length;
  }

  /// How many ids from the start two rows share.
  static int common(int[] one, int[] other) {
    int length = 0;
    while (length < one.length && length < other.length && one[length] == other[length]) {
      length++;
    }
    return length;
  }
}
