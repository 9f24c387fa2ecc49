package llava4j.train.distributed;

import llava4j.error.BadInputException;

/// Another process of the run is gone. The message names it where that is known.
public final class LostProcessException extends BadInputException {
  public LostProcessException(String message, Throwable cause) {
    super(message, cause);
  }
}
