package llava4j.checkpoint.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/// A hub on this machine with one repository, `team/tiny`. Every address can be made to misbehave.
final class FakeHub implements AutoCloseable {
  static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  final Map<String, byte[]> files = new LinkedHashMap<>();
  final List<String> requests = new CopyOnWriteArrayList<>();
  final List<String> notes = new CopyOnWriteArrayList<>();
  final List<Duration> pauses = new CopyOnWriteArrayList<>();
  final AtomicLong bytesSent = new AtomicLong();

  private final Map<String, Handler> handlers = new ConcurrentHashMap<>();
  private final Path folder;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  /// Answers one request.
  @FunctionalInterface
  interface Handler {
    void handle(HttpExchange exchange, int time) throws Exception;
  }

  FakeHub(Path folder) throws IOException {
    this.folder = folder;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  /// Replaces the answer to a path; `time` counts its requests from one.
  void on(String path, Handler handler) {
    handlers.put(path, handler);
  }

  static String listingPath() {
    return "/api/models/team/tiny/revision/main";
  }

  static String filePath(String name) {
    return "/team/tiny/resolve/" + COMMIT + "/" + name;
  }

  long count(String method, String path) {
    return requests.stream().filter(request -> request.equals(method + " " + path)).count();
  }

  HubSettings settings(Optional<String> token) {
    return new HubSettings(endpoint(), token, folder, false, Duration.ofMillis(1));
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /// A client whose pauses are written down instead of slept.
  HubClient client(HubSettings settings) {
    return new HubClient(
        settings,
        new HubPatience(Duration.ofSeconds(1), Duration.ofMillis(700), pauses::add, new Random(1)));
  }

  Path fetch(String reference) {
    return client(settings(Optional.empty()))
        .fetch(HubReference.parse(reference), (_, _) -> {}, notes::add);
  }

  Path fetchOffline(String reference) {
    return client(settings(Optional.empty()).asOffline())
        .fetch(HubReference.parse(reference), (_, _) -> {}, notes::add);
  }

  String listing(boolean withBlobs) {
    return "{\"sha\": \""
        + COMMIT
        + "\", \"siblings\": ["
        + files.entrySet().stream()
            .map(file -> sibling(file.getKey(), file.getValue(), withBlobs))
            .collect(Collectors.joining(","))
        + "]}";
  }

  private static String sibling(String name, byte[] content, boolean withBlobs) {
    String blob = ", \"size\": " + content.length;
    blob +=
        isLarge(name)
            ? ", \"blobId\": \""
                + "b".repeat(40)
                + "\", \"lfs\": {\"sha256\": \""
                + etag(name, content)
                + "\", \"size\": "
                + content.length
                + "}"
            : ", \"blobId\": \"" + etag(name, content) + "\"";
    return "{\"rfilename\": \"" + name + "\"" + (withBlobs ? blob : "") + "}";
  }

  static boolean isLarge(String name) {
    return !name.endsWith(".json");
  }

  /// SHA-256 of a large file, git's blob id of a small one.
  static String etag(String name, byte[] content) {
    try {
      MessageDigest digest = MessageDigest.getInstance(isLarge(name) ? "SHA-256" : "SHA-1");
      if (!isLarge(name)) {
        digest.update(("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII));
      }
      return HexFormat.of().formatHex(digest.digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  static void send(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  /// Sends the content from where the request's range starts.
  void sendRange(HttpExchange exchange, byte[] content) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    int start = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
    if (start >= content.length) {
      exchange.sendResponseHeaders(416, -1);
      return;
    }
    if (range != null) {
      exchange
          .getResponseHeaders()
          .add(
              "Content-Range",
              "bytes " + start + "-" + (content.length - 1) + "/" + content.length);
    }
    exchange.sendResponseHeaders(range == null ? 200 : 206, content.length - start);
    exchange.getResponseBody().write(content, start, content.length - start);
    bytesSent.addAndGet(content.length - start);
  }

  /// Announces the whole content and sends only its beginning.
  void sendBeginning(HttpExchange exchange, byte[] content, int bytes) throws IOException {
    exchange.sendResponseHeaders(200, content.length);
    exchange.getResponseBody().write(content, 0, bytes);
    exchange.getResponseBody().flush();
    bytesSent.addAndGet(bytes);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    String request = exchange.getRequestMethod() + " " + path;
    requests.add(request);
    try (exchange) {
      Handler handler = handlers.get(path);
      if (handler != null) {
        handler.handle(exchange, (int) count(exchange.getRequestMethod(), path));
      } else if (path.equals(listingPath())) {
        send(exchange, 200, listing(true));
      } else {
        answerFile(exchange, path);
      }
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  private void answerFile(HttpExchange exchange, String path) throws IOException {
    String name = path.replaceFirst(filePath(""), "");
    byte[] content = files.get(name);
    if (content == null) {
      exchange.sendResponseHeaders(404, -1);
    } else if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().add("ETag", "\"" + etag(name, content) + "\"");
      exchange.getResponseHeaders().add("X-Linked-Size", String.valueOf(content.length));
      exchange.sendResponseHeaders(200, -1);
    } else {
      sendRange(exchange, content);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
