package llava4j.train.model;

import org.bytedeco.pytorch.GradMode;

/// Whether libtorch records what is computed, until closed.
public final class GradientMode implements AutoCloseable {
  private final boolean before = GradMode.is_enabled();

  private GradientMode(boolean recorded) {
    GradMode.set_enabled(recorded);
  }

  /// From here on it records.
  public static GradientMode recorded() {
    return new GradientMode(true);
  }

  /// From here on it does not.
  public static GradientMode off() {
    return new GradientMode(false);
  }

  @Override
  public void close() {
    GradMode.set_enabled(before);
  }
}
