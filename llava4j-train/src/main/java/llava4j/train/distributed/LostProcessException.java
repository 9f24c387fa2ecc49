package llava4j.train.distributed;

import llava4j.error.BadInputException;

/// Another process of the run was lost. The message names it if it is known.
public final class LostProcessException extends BadInputException {
  public LostProcessException(String message, Throwable cause) {
    super(message, cause);
  }
}
