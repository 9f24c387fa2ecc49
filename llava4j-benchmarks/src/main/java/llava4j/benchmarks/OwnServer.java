package llava4j.benchmarks;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import llava4j.Llava;
import llava4j.server.LlavaServer;
import llava4j.server.ServerSettings;
import llava4j.server.http.AccessLog;
import llava4j.tensor.NativeRuntime;

/// The main class of a process that serves a model until it is killed: what `llava serve` does,
/// with its defaults. Arguments: the model and the port.
final class OwnServer {
  private OwnServer() {}

  public static void main(String[] arguments) throws InterruptedException {
    NativeRuntime.prepareForInference();
    try (Llava llava = Llava.load(Path.of(arguments[0]));
        LlavaServer _ =
            LlavaServer.start(
                llava,
                ServerSettings.defaults().withPort(Integer.parseInt(arguments[1])),
                new Failures())) {
      Thread.currentThread().join();
    }
  }

  /// Failures are all that anybody wants to read.
  private static final class Failures implements AccessLog {
    @Override
    public void request(String key, String method, String path, int status, Duration time) {
      // nothing
    }

    @Override
    public void note(String sentence) {
      // nothing
    }

    @Override
    public void failure(Optional<String> path, Throwable cause) {
      System.err.println(path.orElse("server") + ": " + cause);
    }
  }
}
