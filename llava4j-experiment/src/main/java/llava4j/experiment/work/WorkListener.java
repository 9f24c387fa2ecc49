package llava4j.experiment.work;

import llava4j.experiment.design.Model;
import llava4j.train.StepReport;

/// Hears what is being done.
public interface WorkListener {

  /// A stage of training begins or resumes.
  default void onStage(Model.Trained stage) {}

  /// One step of it is done.
  default void onStep(StepReport report) {}

  /// Questions are being asked.
  default void onAnswers(int done, int total) {}

  /// A sentence for the user.
  default void onNote(String sentence) {}
}
