package llava4j.train;

import llava4j.error.BadInputException;

/// A loss, gradient or weight is NaN or infinite.
final class NotFiniteException extends BadInputException {
  private static final long serialVersionUID = 1L;

  NotFiniteException(String message) {
    super(message);
  }

  /// The same message, with remedies and the checkpoint to resume from.
  BadInputException withLastCheckpoint(String lastGood) {
    return new BadInputException(
        getMessage()
            + "; a lower learningRate or maxGradNorm=1 may help; the last good checkpoint: "
            + lastGood,
        this);
  }
}
