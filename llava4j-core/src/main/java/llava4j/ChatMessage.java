package llava4j;

import java.util.List;
import llava4j.error.BadInputException;
import llava4j.image.RgbImage;

/// One turn of a conversation.
public sealed interface ChatMessage {

  String text();

  /// What the user says and shows. The images stand before the text, or where the text has
  /// `<image>`, if it has exactly as many.
  record User(String text, List<RgbImage> images) implements ChatMessage {
    public User {
      images = List.copyOf(images);
      if (text.isBlank() && images.isEmpty()) {
        throw new BadInputException("a question must have text or an image");
      }
    }
  }

  /// What the model said.
  record Assistant(String text) implements ChatMessage {}
}
