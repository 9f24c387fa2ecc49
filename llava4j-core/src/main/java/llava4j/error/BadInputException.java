package llava4j.error;

import java.util.List;

/// What the user gave cannot be used. The message is one sentence for that user: what is wrong,
/// where, and what to do about it. Front ends print it without a stack trace and exit with code 2
/// (or answer 4xx).
///
/// Everything else that escapes is a defect of ours and keeps its trace.
public class BadInputException extends RuntimeException {
  private final transient List<String> details;

  public BadInputException(String message) {
    super(message);
    this.details = List.of();
  }

  /// @param details all that the message shortens, one thing each, for those who want to see it
  public BadInputException(String message, List<String> details) {
    super(message);
    this.details = List.copyOf(details);
  }

  public BadInputException(String message, Throwable cause) {
    super(message, cause);
    this.details = List.of();
  }

  /// All that the message shortens; empty for most.
  public List<String> details() {
    return details == null ? List.of() : details; // null after serialisation
  }
}
