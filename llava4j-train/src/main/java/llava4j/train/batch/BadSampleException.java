package llava4j.train.batch;

import llava4j.error.BadInputException;

/// A sample cannot be used for training. The message names the sample.
public final class BadSampleException extends BadInputException {
  public BadSampleException(String message) {
    super(message);
  }

  public BadSampleException(String message, Throwable cause) {
    super(message, cause);
  }
}
