package llava4j.constraint.limit;

import java.time.Duration;

/// A point in time until which work may go on.
public final class Deadline {
  private final String what;
  private final Duration allowed;
  private final long end;
  private int calls;

  /// @param what the work, as the beginning of a sentence
  public Deadline(String what, Duration allowed) {
    this.what = what;
    this.allowed = allowed;
    this.end = System.nanoTime() + allowed.toNanos();
  }

  /// Looks at the clock now and then.
  ///
  /// @throws ConstraintException if the time is over
  public void check() {
    if ((++calls & 0xFF) == 0 && System.nanoTime() - end > 0) {
      throw new ConstraintException(
          what + " took longer than " + allowed.toMillis() + " ms; simplify the constraint");
    }
  }
}
