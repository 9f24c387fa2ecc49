package llava4j.data;

import java.io.Serializable;

/// One message of a conversation.
///
/// @param text as stored; `<image>` is the placeholder of the image
public record Turn(Speaker speaker, String text) implements Serializable {

  /// The author of the message.
  public enum Speaker {
    HUMAN,
    GPT,
    /// Anything else, such as `system`; the original's templates do not support it.
    OTHER
  }
}
