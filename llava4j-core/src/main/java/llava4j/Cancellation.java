package llava4j;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/// Stops a running answer from another thread; the text so far is kept.
public final class Cancellation implements BooleanSupplier {
  private final AtomicBoolean requested = new AtomicBoolean();

  /// Requests that the answer stops before its next token.
  public void cancel() {
    requested.set(true);
  }

  /// Whether [#cancel] was called.
  @Override
  public boolean getAsBoolean() {
    return requested.get();
  }
}
