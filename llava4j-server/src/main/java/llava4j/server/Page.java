package llava4j.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import llava4j.server.http.Exchange;
import llava4j.server.http.Routes;

/// The page for people: three files of this jar. It loads nothing from elsewhere and may run no
/// script but its own file.
final class Page {
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  /// @param name of the file beside this class
  private record PageFile(String name, String type) {}

  private static final Map<String, PageFile> FILES =
      Map.of(
          "/", new PageFile("index.html", "text/html; charset=utf-8"),
          "/page.js", new PageFile("page.js", "text/javascript; charset=utf-8"),
          "/page.css", new PageFile("page.css", "text/css; charset=utf-8"));

  private Page() {}

  static void addTo(Routes routes) {
    FILES.forEach((path, file) -> {
      byte[] content = read(file.name());
      routes.open(path, exchange -> send(exchange, file.type(), content));
    });
  }

  private static void send(Exchange exchange, String type, byte[] content)
      throws InterruptedException {
    exchange.header("Content-Security-Policy", POLICY);
    exchange.header("Referrer-Policy", "no-referrer");
    exchange.header("Cache-Control", "no-cache");
    exchange.send(200, type, content);
  }

  private static byte[] read(String name) {
    try (InputStream in = Page.class.getResourceAsStream("page/" + name)) {
      if (in == null) {
        throw new IllegalStateException("the jar has no page/" + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
