package llava4j.text.jinja;

/// A template cannot be read or rendered, or says itself that it cannot (`raise_exception`).
public final class JinjaException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public JinjaException(String message) {
    super(message);
  }
}
