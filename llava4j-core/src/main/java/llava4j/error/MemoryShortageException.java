package llava4j.error;

/// The machine lacks memory for what is asked: the same input may do on another machine, or later.
public final class MemoryShortageException extends BadInputException {
  public MemoryShortageException(String message) {
    super(message);
  }

  public MemoryShortageException(String message, Throwable cause) {
    super(message, cause);
  }
}
