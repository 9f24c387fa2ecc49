package llava4j.train.batch;

import llava4j.text.PromptEncoder;
import llava4j.text.tokenizer.Tokenizer;

/// Tokenises the text of a conversation as the original does: in a sample with an image, `<image>`
/// becomes the image placeholder; in one without, it stays plain characters.
record TextIds(Tokenizer tokenizer, boolean withImage) {

  int[] of(String text) {
    return withImage
        ? new PromptEncoder(tokenizer, tokenizer.addsBos()).encode(text)
        : tokenizer.encode(text);
  }

  /// Number of ids of a text on its own.
  int length(String text) {
    return of(text).length;
  }

  /// Length of the common prefix of two id sequences.
  static int common(int[] one, int[] other) {
    int length = 0;
    while (length < one.length && length < other.length && one[length] == other[length]) {
      length++;
    }
    return length;
  }
}
