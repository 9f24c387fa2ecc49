package llava4j.server.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import llava4j.error.BadInputException;

/// The certificate of a server. When its files change, new connections get the new one.
final class Tls {
  private static final long LOOK_MILLIS = 2_000;
  private static final List<HttpVersion> VERSIONS = List.of(HttpVersion.HTTP_1_1);

  private final Vertx vertx;
  private final TlsFiles files;
  private final PemKeyCertOptions first;
  private final AtomicBoolean looking = new AtomicBoolean();
  private volatile TlsFiles.Content used;
  private volatile String said = ""; // why the files of now are not used

  /// @throws BadInputException if the files cannot be used
  Tls(Vertx vertx, TlsFiles files) {
    this.vertx = vertx;
    this.files = files;
    this.used = files.read();
    this.first = files.options(vertx, used);
  }

  void applyTo(HttpServerOptions options) {
    options.setSsl(true).setAlpnVersions(VERSIONS).setKeyCertOptions(first);
  }

  /// Looks at the files every few seconds.
  void follow(HttpServer server, Consumer<String> notes) {
    vertx.setPeriodic(
        LOOK_MILLIS,
        _ -> {
          if (looking.compareAndSet(false, true)) {
            Thread.ofVirtual().name("llava4j-tls").start(() -> look(server, notes));
          }
        });
  }

  /// A pair that cannot be used is tried again: it may only not be valid yet.
  private void look(HttpServer server, Consumer<String> notes) {
    try {
      TlsFiles.Content now = files.read();
      if (!now.isSame(used)) {
        PemKeyCertOptions options = files.options(vertx, now);
        server
            .updateSSLOptions(new ServerSSLOptions().setKeyCertOptions(options))
            .toCompletionStage()
            .toCompletableFuture()
            .get();
        used = now;
        notes.accept("the certificate " + files.certificate() + " is renewed");
      }
      said = "";
    } catch (BadInputException e) {
      keep(notes, e.getMessage());
    } catch (ExecutionException e) {
      keep(notes, String.valueOf(e.getCause().getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does it
    } finally {
      looking.set(false);
    }
  }

  private void keep(Consumer<String> notes, String why) {
    if (!why.equals(said)) {
      said = why;
      notes.accept("the certificate stays as it was: " + why);
    }
  }
}
