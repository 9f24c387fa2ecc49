package llava4j.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import llava4j.server.http.Routes;

/// The description of all paths (OpenAPI 3.1), kept by hand. A test holds it against the server.
final class Description {
  private static final String PATH = "/openapi.json";

  private Description() {}

  static void addTo(Routes routes) {
    byte[] content = bytes();
    routes.open(PATH, exchange -> exchange.send(200, "application/json", content));
  }

  private static byte[] bytes() {
    try (InputStream in = Description.class.getResourceAsStream("openapi.json")) {
      if (in == null) {
        throw new IllegalStateException("the jar has no openapi.json");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
