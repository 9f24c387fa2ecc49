package llava4j.checkpoint.hub;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/// Closes a stream that has received nothing for too long, so that its reader fails instead of
/// waiting forever. The timeout of a [java.net.http.HttpRequest] covers only the headers.
final class StallWatch implements AutoCloseable {
  private final InputStream stream;
  private final long silenceNanos;
  private final Thread thread;
  private volatile long lastNanos = System.nanoTime();

  private StallWatch(InputStream stream, Duration silence) {
    this.stream = stream;
    this.silenceNanos = silence.toNanos();
    this.thread = Thread.ofVirtual().name("hub-stall-watch").unstarted(this::watch);
  }

  static StallWatch start(InputStream stream, Duration silence) {
    StallWatch watch = new StallWatch(stream, silence);
    watch.thread.start();
    return watch;
  }

  /// Bytes were received.
  void alive() {
    lastNanos = System.nanoTime();
  }

  private void watch() {
    try {
      long left = silenceNanos;
      while (left > 0) {
        Thread.sleep(Duration.ofNanos(left));
        left = silenceNanos - (System.nanoTime() - lastNanos);
      }
      stream.close();
    } catch (InterruptedException | IOException e) {
      // the reader has finished, or the stream is closed already
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
