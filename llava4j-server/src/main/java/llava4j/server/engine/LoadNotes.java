package llava4j.server.engine;

import java.util.Locale;
import java.util.function.Consumer;
import llava4j.model.load.LoadProgress;

/// Tells how far the loading of a model is, every few seconds.
final class LoadNotes implements LoadProgress {
  private static final long PAUSE_NANOS = 2_000_000_000L;
  private static final int PERCENT = 100;

  private final String name;
  private final Consumer<String> notes;
  private final long start = System.nanoTime();
  private long last = start;

  LoadNotes(String name, Consumer<String> notes) {
    this.name = name;
    this.notes = notes;
  }

  @Override
  public void onTensor(String tensor, long bytesDone, long bytesTotal) {
    long now = System.nanoTime();
    if (now - last > PAUSE_NANOS && bytesTotal > 0) {
      last = now;
      notes.accept("loading " + name + ": " + PERCENT * bytesDone / bytesTotal + " %");
    }
  }

  void finished() {
    double seconds = (System.nanoTime() - start) / 1e9;
    notes.accept(String.format(Locale.ROOT, "%s is loaded (%.1f s)", name, seconds));
  }
}
