package llava4j.train.model;

import llava4j.train.batch.Batch;
import llava4j.train.batch.SequencePlan;

/// What a run minimises, over units of parameters.
public interface Objective {

  /// A batch and where each of its rows comes from.
  record Planned(Batch batch, SequencePlan plan) {
    /// Rows whose successor is supervised.
    public long supervised() {
      return plan.predictors().length;
    }
  }

  /// Finds a place for every row of a batch.
  Planned plan(Batch batch);

  /// Runs a batch and adds all gradients to the units.
  ///
  /// @param scale of the returned sum
  /// @param seed of the dropout
  /// @return a sum over the supervised rows
  double forwardBackward(Planned planned, double scale, long seed);
}
