package llava4j.train;

import java.nio.file.Path;

/// Hears what a run does. Called on the training thread of the first process.
public interface TrainingListener {

  /// The run begins (or goes on) with this plan.
  default void onStart(RunPlan plan) {}

  /// An optimiser step is done.
  default void onStep(StepReport report) {}

  /// A complete checkpoint lies on the disk.
  default void onCheckpoint(Path folder, long step) {}

  /// A note for the user, one sentence.
  default void onNote(String sentence) {}

  /// The run is over: finished, or stopped at a checkpoint.
  default void onEnd(boolean finished) {}
}
