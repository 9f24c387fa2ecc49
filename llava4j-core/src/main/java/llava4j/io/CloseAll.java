package llava4j.io;

import java.util.Arrays;
import java.util.List;

/// Closes several things, each of them even if closing another fails.
public final class CloseAll {
  private CloseAll() {}

  /// Closes in this order; null is nothing to close.
  ///
  /// @throws RuntimeException the first failure, which carries the others
  public static void of(AutoCloseable... things) {
    each(Arrays.asList(things));
  }

  /// As [#of].
  @SuppressWarnings("ReferenceEquality") // an exception must not suppress itself
  public static void each(Iterable<? extends AutoCloseable> things) {
    Throwable first = null;
    for (AutoCloseable thing : things) {
      try {
        if (thing != null) {
          thing.close();
        }
      } catch (Exception | Error e) {
        if (first == null) {
          first = e;
        } else if (first != e) {
          first.addSuppressed(e);
        }
      }
    }
    switch (first) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(first);
    }
  }

  /// Closes what a failure leaves behind. Further failures join it, so that it stays the one that
  /// is told; null is nothing to close.
  public static void after(Throwable failure, AutoCloseable... things) {
    after(failure, Arrays.asList(things));
  }

  /// As [#after(Throwable, AutoCloseable...)], of a list.
  @SuppressWarnings("ReferenceEquality") // an exception must not suppress itself
  public static void after(Throwable failure, List<? extends AutoCloseable> things) {
    try {
      each(things);
    } catch (RuntimeException | Error e) {
      if (failure != e) {
        failure.addSuppressed(e);
      }
    }
  }
}
