package llava4j.train.shard;

import llava4j.error.BadInputException;

/// What is sharded among the processes instead of replicated (ZeRO, arXiv 1910.02054).
public enum ZeroStage {
  /// Nothing is sharded: plain data parallelism.
  NONE(0),
  /// Optimiser state.
  OPTIMIZER(1),
  /// Optimiser state and gradients.
  GRADIENTS(2),
  /// Optimiser state, gradients and parameters.
  PARAMETERS(3);

  private final int number;

  ZeroStage(int number) {
    this.number = number;
  }

  /// The stage with this number, 0 to 3.
  ///
  /// @throws BadInputException for any other number
  public static ZeroStage of(int number) {
    for (ZeroStage stage : values()) {
      if (stage.number == number) {
        return stage;
      }
    }
    throw new BadInputException("ZeRO stage " + number + " does not exist; use 0, 1, 2 or 3");
  }

  /// The number of the stage, 0 to 3.
  public int number() {
    return number;
  }

  public boolean shardsOptimizer() {
    return this != NONE;
  }

  public boolean shardsGradients() {
    return this == GRADIENTS || this == PARAMETERS;
  }

  public boolean shardsParameters() {
    return this == PARAMETERS;
  }
}
