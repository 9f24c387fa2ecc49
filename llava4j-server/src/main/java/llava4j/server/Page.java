package llava4j.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import llava4j.server.http.Exchange;
import llava4j.server.http.Routes;

/// The page for people: files of this jar. It loads nothing from elsewhere, and may run no script
/// but these files, nor turn text into markup but through its sanitiser.
final class Page {
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
          + " require-trusted-types-for 'script'; trusted-types dompurify";

  private static final String INDEX = "index.html";

  /// All files, below `page` beside this class and on the server.
  private static final List<String> FILES =
      List.of(
          INDEX,
          "page.css",
          "api.js",
          "box-view.js",
          "boxes.js",
          "camera.js",
          "chat.js",
          "composer.js",
          "dom.js",
          "exporting.js",
          "formats.js",
          "history.js",
          "images.js",
          "main.js",
          "markdown.js",
          "settings.js",
          "store.js",
          "turn-view.js",
          "vendor/dompurify/LICENSE",
          "vendor/dompurify/purify.es.mjs",
          "vendor/marked/LICENSE.md",
          "vendor/marked/marked.esm.js");

  private Page() {}

  static void addTo(Routes routes) {
    for (String name : FILES) {
      byte[] content = read(name);
      String path = name.equals(INDEX) ? "/" : "/page/" + name;
      routes.open(path, exchange -> send(exchange, typeOf(name), content));
    }
  }

  private static String typeOf(String name) {
    String type =
        switch (name.substring(name.lastIndexOf('.') + 1)) {
          case "html" -> "text/html";
          case "css" -> "text/css";
          case "js", "mjs" -> "text/javascript";
          default -> "text/plain";
        };
    return type + "; charset=utf-8";
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
