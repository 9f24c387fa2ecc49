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

/// Several listeners as one. One that cannot write is told of once and left out: a full disk must
/// not end a training for its log.
public final class Listeners implements TrainingListener {
  private final List<TrainingListener> listeners;
  private final PrintStream complaints;

  public Listeners(List<TrainingListener> listeners, PrintStream complaints) {
    this.listeners = new ArrayList<>(listeners);
    this.complaints = complaints;
  }

  @Override
  public void onStart(RunPlan plan) {
    each(listener -> listener.onStart(plan));
  }

  @Override
  public void onStep(StepReport report) {
    each(listener -> listener.onStep(report));
  }

  @Override
  public void onCheckpoint(Path folder, long step) {
    each(listener -> listener.onCheckpoint(folder, step));
  }

  @Override
  public void onNote(String sentence) {
    each(listener -> listener.onNote(sentence));
  }

  @Override
  public void onEnd(boolean finished) {
    each(listener -> listener.onEnd(finished));
  }

  private void each(Consumer<TrainingListener> call) {
    listeners.removeIf(listener -> {
      try {
        call.accept(listener);
        return false;
      } catch (BadInputException e) {
        complaints.println("llava: " + e.getMessage() + "; training goes on without it");
        return true;
      }
    });
  }
}
