package llava4j.train.distributed;

import llava4j.error.BadInputException;

/// Another process of the run was lost. The message names it if it is known.
public final class LostProcessException extends BadInputException {
  private static final long serialVersionUID = 1L;

  private final boolean byMistake;

  /// @param byMistake whether the other process ended because of a user's mistake, which it would
  ///   meet again
  public LostProcessException(String message, boolean byMistake, Throwable cause) {
    super(message, cause);
    this.byMistake = byMistake;
  }

  /// Whether the other process ended because of a user's mistake; if not, the run may be resumed.
  public boolean byMistake() {
    return byMistake;
  }
}
