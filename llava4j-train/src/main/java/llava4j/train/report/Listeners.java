package llava4j.train.report;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import llava4j.error.BadInputException;
import llava4j.train.RunPlan;
import llava4j.train.StepReport;
import llava4j.train.TrainingListener;

/// Forwards events to several listeners. A listener that cannot write its output is reported once
/// and removed, because a full disk must not stop the training.
public final class Listeners implements TrainingListener {
  private final List<TrainingListener> listeners;
  private final PrintStream errors;

  public Listeners(List<TrainingListener> listeners, PrintStream errors) {
    this.listeners = new ArrayList<>(listeners);
    this.errors = errors;
  }

  @Override
  public void onStart(RunPlan plan) {
    forwardToAll(listener -> listener.onStart(plan));
  }

  @Override
  public void onStep(StepReport report) {
    forwardToAll(listener -> listener.onStep(report));
  }

  @Override
  public void onCheckpoint(Path folder, long step) {
    forwardToAll(listener -> listener.onCheckpoint(folder, step));
  }

  @Override
  public void onNote(String sentence) {
    forwardToAll(listener -> listener.onNote(sentence));
  }

  @Override
  public void onEnd(boolean finished) {
    forwardToAll(listener -> listener.onEnd(finished));
  }

  private void forwardToAll(Consumer<TrainingListener> call) {
    listeners.removeIf(listener -> {
      try {
        call.accept(listener);
        return false;
      } catch (BadInputException e) {
        errors.println("llava: " + e.getMessage() + "; training continues without it");
        return true;
      }
    });
  }
}
