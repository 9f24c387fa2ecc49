package llava4j.server.engine;

import java.util.concurrent.TimeUnit;
import llava4j.Llava;
import llava4j.error.BadInputException;

/// A model's place in the store; guarded by the store's lock.
final class HeldModel {
  final ModelSource source;
  Llava llava; // null if it is not in memory
  int users;
  long loads;
  long lastUsed = System.nanoTime();
  private BadInputException failure; // null if it could be loaded, or nobody tried
  private long failed;
  private Llava.Reuse past = new Llava.Reuse(0, 0, 0, 0, 0, 0);

  HeldModel(ModelSource source) {
    this.source = source;
  }

  void hold(Llava loaded) {
    llava = loaded;
    loads++;
    lastUsed = System.nanoTime();
    failure = null;
  }

  /// It could not be loaded.
  void fail(BadInputException why) {
    failure = why;
    failed = System.nanoTime();
  }

  /// @throws BadInputException if it could not be loaded within so many seconds
  void requireNoFailure(long seconds) {
    if (failure != null && System.nanoTime() - failed < TimeUnit.SECONDS.toNanos(seconds)) {
      throw failure;
    }
  }

  /// Forgets the model, which the caller closes.
  Llava release() {
    Llava.Reuse all = reuse();
    past =
        new Llava.Reuse(
            all.promptTokens(), all.cachedTokens(), 0, all.imageHits(), all.imageMisses(), 0);
    Llava released = llava;
    llava = null;
    return released;
  }

  /// Counted over all times that it was in memory.
  Llava.Reuse reuse() {
    if (llava == null) {
      return past;
    }
    Llava.Reuse now = llava.reuse();
    return new Llava.Reuse(
        past.promptTokens() + now.promptTokens(),
        past.cachedTokens() + now.cachedTokens(),
        now.cacheBytes(),
        past.imageHits() + now.imageHits(),
        past.imageMisses() + now.imageMisses(),
        now.imageBytes());
  }
}
