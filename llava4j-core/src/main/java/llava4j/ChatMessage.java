package llava4j;

import java.util.List;
import llava4j.error.BadInputException;
import llava4j.image.RgbImage;

/// One turn of a conversation.
public sealed interface ChatMessage {

  String text();

  /// A message of the user, with its images. The images come before the text, or at the places of
  /// `<image>` in the text if there are as many places as images.
  record User(String text, List<RgbImage> images) implements ChatMessage {
    public User {
      images = List.copyOf(images);
      if (text.isBlank() && images.isEmpty()) {
        throw new BadInputException("a question must have text or an image");
      }
    }
  }

  /// An answer of the model.
  record Assistant(String text) implements ChatMessage {}
}
