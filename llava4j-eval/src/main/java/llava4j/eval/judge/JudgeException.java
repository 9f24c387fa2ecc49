package llava4j.eval.judge;

/// A judge gave no answer.
public final class JudgeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public JudgeException(String message, Throwable cause) {
    super(message, cause);
  }
}
