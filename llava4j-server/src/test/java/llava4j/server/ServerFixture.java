package llava4j.server;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import llava4j.Llava;
import llava4j.golden.Golden;
import llava4j.server.engine.ModelSource;
import llava4j.server.http.AccessLog;

/// A server of a small model on a free port.
final class ServerFixture implements AutoCloseable {
  final Llava llava; // null where the server has its own models
  final LlavaServer server;
  final Client client;
  final List<String> log = new CopyOnWriteArrayList<>();
  final List<String> notes = new CopyOnWriteArrayList<>();
  final List<Throwable> failures = new CopyOnWriteArrayList<>();

  ServerFixture() {
    this(ServerSettings.defaults());
  }

  ServerFixture(ServerSettings settings) {
    this.llava = Llava.load(Golden.path("original"));
    try {
      this.server = LlavaServer.start(llava, settings.withPort(0), new Log());
    } catch (RuntimeException | Error e) {
      llava.close();
      throw e;
    }
    this.client = new Client(server.port());
  }

  /// A server that loads its models.
  ///
  /// @param memory for models
  ServerFixture(List<ModelSource> sources, ServerSettings settings, LongSupplier memory) {
    this.llava = null;
    this.server = LlavaServer.start(sources, settings.withPort(0), new Log(), memory);
    this.client = new Client(server.port());
  }

  private final class Log implements AccessLog {
    @Override
    public void request(String key, String method, String path, int status, Duration time) {
      log.add((key.isEmpty() ? "" : key + ": ") + method + " " + path + " " + status);
    }

    @Override
    public void note(String sentence) {
      notes.add(sentence);
    }

    @Override
    public void failure(Optional<String> path, Throwable cause) {
      failures.add(cause);
    }
  }

  /// Waits until nothing runs.
  boolean becomesIdle(Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (server.unanswered() > 0) {
      if (System.nanoTime() > end) {
        return false;
      }
      Thread.sleep(5);
    }
    return true;
  }

  @Override
  public void close() {
    client.close();
    server.close();
    if (llava != null) {
      llava.close();
    }
  }
}
