package llava4j;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import llava4j.model.ImageRows;
import llava4j.tensor.Scope;

/// A cache of the embeddings of recently encoded images, by the hash of their pixels, so that a
/// follow-up question does not encode an image again. Bounded and thread-safe.
final class ImageRowsCache implements AutoCloseable {
  private final int maxImages;
  private final Map<String, ImageRows> recent = new LinkedHashMap<>(16, 0.75f, true);

  ImageRowsCache(int maxImages) {
    this.maxImages = maxImages;
  }

  /// The embeddings for a key; encodes the image if they are not in the cache. They live at least
  /// until `scope` closes.
  ImageRows get(String contentKey, Scope scope, Supplier<ImageRows> encode) {
    synchronized (recent) {
      ImageRows known = recent.get(contentKey);
      if (known != null) {
        scope.borrow(known.rows());
        return known;
      }
    }
    ImageRows encoded = encode.get();
    synchronized (recent) {
      if (!recent.containsKey(contentKey)) {
        Scope.own(encoded.rows());
        recent.put(contentKey, encoded);
        evict();
      }
    }
    return encoded;
  }

  @Override
  public void close() {
    synchronized (recent) {
      recent.values().forEach(image -> image.rows().close());
      recent.clear();
    }
  }

  private void evict() {
    while (recent.size() > maxImages) {
      String oldest = recent.keySet().iterator().next();
      recent.remove(oldest).rows().close();
    }
  }
}
