package llava4j.error;

import java.util.List;

/// The user's input cannot be used. The message is one sentence for the user: what is wrong, where,
/// and what to do. Front ends print it without a stack trace and exit with code 2 (or respond with
/// 4xx).
///
/// Every other exception is a bug in llava4j and is shown with its stack trace.
public class BadInputException extends RuntimeException {
  private final transient List<String> details;

  public BadInputException(String message) {
    super(message);
    this.details = List.of();
  }

  /// @param details the whole list that the message shortens, one item each
  public BadInputException(String message, List<String> details) {
    super(message);
    this.details = List.copyOf(details);
  }

  public BadInputException(String message, Throwable cause) {
    super(message, cause);
    this.details = List.of();
  }

  /// The whole list that the message shortens; usually empty.
  public List<String> details() {
    return details == null ? List.of() : details; // null after serialisation
  }
}
