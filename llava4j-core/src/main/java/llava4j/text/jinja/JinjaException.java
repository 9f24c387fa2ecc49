package llava4j.text.jinja;

/// A template cannot be parsed or rendered, or raises an error itself (`raise_exception`).
public final class JinjaException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public JinjaException(String message) {
    super(message);
  }
}
