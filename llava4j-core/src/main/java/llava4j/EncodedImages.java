package llava4j;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import llava4j.model.ImageRows;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;

/// The embeddings of recently encoded images, by the hash of their pixels, so that a follow-up
/// question does not encode an image again. Requests that bring the same image at the same time
/// encode it once. Bounded and thread-safe.
final class EncodedImages implements AutoCloseable {
  private final long maxBytes;
  private final Map<String, ImageRows> recent = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<String, CountDownLatch> underway = new HashMap<>();
  private long bytes;
  private long hits;
  private long misses;

  EncodedImages(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /// The embeddings for a key; encodes the image if they are not known. They live at least until
  /// `scope` closes.
  ImageRows get(String contentKey, Scope scope, Supplier<ImageRows> encode) {
    while (true) {
      CountDownLatch other;
      synchronized (recent) {
        ImageRows known = recent.get(contentKey);
        if (known != null) {
          hits++;
          scope.borrow(known.rows());
          return known;
        }
        other = underway.get(contentKey);
        if (other == null) {
          misses++;
          underway.put(contentKey, new CountDownLatch(1));
        }
      }
      if (other == null) {
        return encoded(contentKey, encode);
      }
      await(other);
    }
  }

  private ImageRows encoded(String contentKey, Supplier<ImageRows> encode) {
    try {
      ImageRows rows = encode.get();
      synchronized (recent) {
        if (bytes(rows) <= maxBytes) {
          Scope.own(rows.rows());
          recent.put(contentKey, rows);
          bytes += bytes(rows);
          evict();
        }
      }
      return rows;
    } finally {
      synchronized (recent) {
        underway.remove(contentKey).countDown();
      }
    }
  }

  /// How often an image was known, and how often not.
  ///
  /// @param bytes of native memory that the images take
  record Statistics(long hits, long misses, long bytes) {}

  Statistics statistics() {
    synchronized (recent) {
      return new Statistics(hits, misses, bytes);
    }
  }

  /// Frees all embeddings; those of running requests live on in their scopes.
  void forget() {
    synchronized (recent) {
      recent.values().forEach(image -> image.rows().close());
      recent.clear();
      bytes = 0;
    }
  }

  @Override
  public void close() {
    forget();
  }

  private void evict() {
    while (bytes > maxBytes) {
      String oldest = recent.keySet().iterator().next();
      ImageRows removed = recent.remove(oldest);
      bytes -= bytes(removed);
      removed.rows().close();
    }
  }

  private static long bytes(ImageRows image) {
    return image.rows().numel() * DType.of(image.rows().scalar_type()).bytes();
  }

  private static void await(CountDownLatch other) {
    boolean interrupted = false;
    while (true) {
      try {
        other.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
