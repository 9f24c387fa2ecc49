package llava4j.train.model;

import llava4j.train.batch.Batch;
import llava4j.train.batch.SequencePlan;

/// The training objective: the function that a run minimises.
public interface Objective {

  /// A batch and the plan of its positions.
  record Planned(Batch batch, SequencePlan plan) {
    /// Number of positions whose next token is supervised.
    public long supervised() {
      return plan.predictors().length;
    }
  }

  /// Plans the positions of a batch.
  Planned plan(Batch batch);

  /// Runs a batch forward and backward, and adds all gradients to the units.
  ///
  /// @param scale factor of the loss for the gradients
  /// @param seed random seed of dropout
  /// @return the unscaled sum of the loss over the supervised positions
  double forwardBackward(Planned planned, double scale, long seed);
}
