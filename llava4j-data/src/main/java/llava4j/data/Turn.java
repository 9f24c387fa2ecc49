package llava4j.data;

/// One message of a conversation.
///
/// @param text as stored; an image's place is `<image>`
public record Turn(Speaker speaker, String text) {

  /// Who says it.
  public enum Speaker {
    HUMAN,
    GPT,
    /// Anybody else, such as `system`; the original's templates know no such turn.
    OTHER
  }
}
