package llava4j.train.model;

import org.bytedeco.pytorch.GradMode;

/// Switches libtorch's autograd recording on or off for this thread until closed.
public final class GradientMode implements AutoCloseable {
  private final boolean before = GradMode.is_enabled();

  private GradientMode(boolean recorded) {
    GradMode.set_enabled(recorded);
  }

  /// Switches recording on.
  public static GradientMode recorded() {
    return new GradientMode(true);
  }

  /// Switches recording off (`torch.no_grad`).
  public static GradientMode off() {
    return new GradientMode(false);
  }

  @Override
  public void close() {
    GradMode.set_enabled(before);
  }
}
