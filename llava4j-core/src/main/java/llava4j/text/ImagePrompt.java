package llava4j.text;

import llava4j.error.BadInputException;
import llava4j.text.template.ConversationTemplate;
import llava4j.text.tokenizer.Tokenizer;

/// A user's message with one placeholder for each of its images.
///
/// @param text the text with a placeholder for each image
/// @param numImages number of placeholders in `text`
public record ImagePrompt(String text, int numImages) {

  /// Checks the number of placeholders.
  public ImagePrompt {
    int named = text.split(Tokenizer.IMAGE_PLACEHOLDER, -1).length - 1;
    if (named != numImages) {
      throw new BadInputException(
          "the question names "
              + Tokenizer.IMAGE_PLACEHOLDER
              + " "
              + named
              + " time(s), but there are "
              + numImages
              + " image(s); write it once for each image");
    }
  }

  /// A message with untrusted text. The images come first, each on its own line. Control tokens,
  /// template markers and placeholders in the text are split by a blank, so that the text can
  /// neither end a turn nor act as an image placeholder.
  public static ImagePrompt of(
      Tokenizer tokenizer, ConversationTemplate template, String words, int numImages) {
    String safe = template.neutralised(tokenizer.neutralised(words));
    return new ImagePrompt(
        (Tokenizer.IMAGE_PLACEHOLDER + "\n").repeat(numImages) + safe, numImages);
  }

  /// A message whose text is used unchanged, as in the original code: control tokens in it have an
  /// effect.
  public static ImagePrompt reference(String text) {
    return new ImagePrompt(text, text.split(Tokenizer.IMAGE_PLACEHOLDER, -1).length - 1);
  }
}
