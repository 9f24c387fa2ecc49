package llava4j.server.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.util.List;
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
  private volatile TlsFiles.Content seen;

  /// @throws BadInputException if the files cannot be used
  Tls(Vertx vertx, TlsFiles files) {
    this.vertx = vertx;
    this.files = files;
    this.seen = files.read();
    this.first = files.options(vertx, seen);
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

  private void look(HttpServer server, Consumer<String> notes) {
    try {
      TlsFiles.Content now = files.read();
      if (now.isSame(seen)) {
        return;
      }
      seen = now; // also if it is wrong: that is said once
      PemKeyCertOptions options = files.options(vertx, now);
      server
          .updateSSLOptions(new ServerSSLOptions().setKeyCertOptions(options))
          .onSuccess(_ -> notes.accept("the certificate " + files.certificate() + " is renewed"))
          .onFailure(cause -> keep(notes, String.valueOf(cause.getMessage())));
    } catch (BadInputException e) {
      keep(notes, e.getMessage());
    } finally {
      looking.set(false);
    }
  }

  private static void keep(Consumer<String> notes, String why) {
    notes.accept("the certificate stays as it was: " + why);
  }
}
