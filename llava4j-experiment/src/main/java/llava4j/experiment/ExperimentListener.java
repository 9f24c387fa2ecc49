package llava4j.experiment;

import llava4j.experiment.ledger.Entry;
import llava4j.experiment.work.WorkListener;

/// Hears how an experiment goes on.
public interface ExperimentListener extends WorkListener {

  /// An arm begins.
  ///
  /// @param number from 1, among all arms and seeds that are not finished
  /// @param secondsLeft predicted for this one and all that follow
  default void onArm(String arm, long seed, int number, int all, double secondsLeft) {}

  /// It is finished and stands in the ledger.
  default void onFinished(Entry entry) {}
}
