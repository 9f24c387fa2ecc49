package llava4j.langchain4j;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import llava4j.image.fetch.FetchPolicy;

/// Serves the images of LangChain4j's tests from this machine.
final class ImageServer implements AutoCloseable {
  /// Addresses are allowed, and this machine's among them.
  static final FetchPolicy POLICY =
      new FetchPolicy(true, 1 << 20, Duration.ofSeconds(5), 0, Set.of("127.0.0.1"));

  private final HttpServer server;

  ImageServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext(
        "/",
        exchange -> {
          String path = exchange.getRequestURI().getPath();
          byte[] bytes = ScriptedAnswerer.file(path.substring(1, path.indexOf('.')));
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
  }

  String address(String name) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/" + name + ".jpg";
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
