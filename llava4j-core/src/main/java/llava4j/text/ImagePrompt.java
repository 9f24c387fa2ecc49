package llava4j.text;

import llava4j.error.BadInputException;
import llava4j.text.template.ConversationTemplate;
import llava4j.text.tokenizer.Tokenizer;

/// A user's message with one place for each of its images.
///
/// @param text the words, with a placeholder for each image
/// @param numImages number of placeholders in `text`
public record ImagePrompt(String text, int numImages) {

  /// Checks that words and images agree.
  public ImagePrompt {
    int named = text.split(Tokenizer.IMAGE_PLACEHOLDER, -1).length - 1;
    if (named != numImages) {
      throw new BadInputException(
          "the question names "
              + Tokenizer.IMAGE_PLACEHOLDER
              + " "
              + named
              + " time(s) but comes with "
              + numImages
              + " image(s); name each image once");
    }
  }

  /// A message from words that are not to be trusted: images go in front, each on its own line, and
  /// control tokens, template markers and placeholders among the words are broken by a blank, so
  /// that the words can neither end a turn nor claim an image.
  public static ImagePrompt of(
      Tokenizer tokenizer, ConversationTemplate template, String words, int numImages) {
    String safe = template.neutralised(tokenizer.neutralised(words));
    return new ImagePrompt(
        (Tokenizer.IMAGE_PLACEHOLDER + "\n").repeat(numImages) + safe, numImages);
  }

  /// A message that is taken as it stands, as the original code takes every text: control tokens
  /// among the words act.
  public static ImagePrompt reference(String text) {
    return new ImagePrompt(text, text.split(Tokenizer.IMAGE_PLACEHOLDER, -1).length - 1);
  }
}
