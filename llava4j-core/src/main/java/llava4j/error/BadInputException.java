package llava4j.error;

/// What the user gave cannot be used. The message is one sentence for that user: what is wrong,
/// where, and what to do about it. Front ends print it without a stack trace and exit with code 2
/// (or answer 4xx).
///
/// Everything else that escapes is a defect of ours and keeps its trace.
public class BadInputException extends RuntimeException {
  public BadInputException(String message) {
    super(message);
  }

  public BadInputException(String message, Throwable cause) {
    super(message, cause);
  }
}
