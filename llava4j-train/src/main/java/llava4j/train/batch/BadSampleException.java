package llava4j.train.batch;

import llava4j.error.BadInputException;

/// A sample that cannot be trained on. The message names it.
public final class BadSampleException extends BadInputException {
  public BadSampleException(String message) {
    super(message);
  }

  public BadSampleException(String message, Throwable cause) {
    super(message, cause);
  }
}
