package llava4j.train;

import java.nio.file.Path;

/// Receives the events of a run, on the training thread of the first process.
public interface TrainingListener {

  /// The run starts or resumes with this plan.
  default void onStart(RunPlan plan) {}

  /// An optimiser step is done.
  default void onStep(StepReport report) {}

  /// A complete checkpoint was written to disk.
  ///
  /// @param step number of steps done; 0 for the checkpoint before the first step
  default void onCheckpoint(Path folder, long step) {}

  /// A note for the user: one sentence or one line of a table.
  default void onNote(String sentence) {}

  /// The run ended: finished, or stopped at a checkpoint.
  default void onEnd(boolean finished) {}
}
