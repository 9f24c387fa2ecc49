package llava4j.constraint.limit;

/// A constraint cannot be compiled or used. The message is one sentence: what is wrong, where, and
/// what to do.
public final class ConstraintException extends RuntimeException {
  public ConstraintException(String message) {
    super(message);
  }

  public ConstraintException(String message, Throwable cause) {
    super(message, cause);
  }
}
