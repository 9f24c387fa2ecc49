package llava4j.checkpoint.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Downloads from a hub on this machine that misbehaves in every way a real one does.
class HubClientTest {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  private static final HubReference MODEL = HubReference.parse("team/tiny");

  @TempDir private Path folder;
  private HttpServer server;
  private final byte[] weights = new byte[300_000];
  private final byte[] config = "{\"model_type\": \"llava\"}".getBytes(StandardCharsets.UTF_8);
  private final AtomicInteger fileRequests = new AtomicInteger();
  private final AtomicLong bytesSent = new AtomicLong();
  private final List<String> authorizations = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private volatile Handler onWeights = this::sendRange;
  private volatile Handler onListing = this::sendListing;
  private String sha256;

  private interface Handler {
    void handle(HttpExchange exchange) throws Exception;
  }

  @BeforeEach
  void start() throws Exception {
    Arrays.setAll(new int[weights.length], i -> weights[i] = (byte) (i * 31 + i / 7));
    sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(weights));
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext(
        "/api/models/team/tiny/revision/main", exchange -> run(exchange, onListing));
    server.createContext(
        "/team/tiny/resolve/" + COMMIT + "/config.json",
        exchange -> run(exchange, this::sendConfig));
    server.createContext(
        "/team/tiny/resolve/" + COMMIT + "/model.safetensors",
        exchange -> {
          fileRequests.incrementAndGet();
          run(exchange, onWeights);
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void aModelIsLaidOutAsThePythonToolsDoAndFetchedOnce() throws Exception {
    Path snapshot = fetch();
    assertThat(snapshot).isEqualTo(folder.resolve("models--team--tiny/snapshots/" + COMMIT));
    assertThat(Files.readAllBytes(snapshot.resolve("model.safetensors"))).isEqualTo(weights);
    assertThat(Files.readSymbolicLink(snapshot.resolve("model.safetensors")))
        .hasToString("../../blobs/" + sha256);
    assertThat(folder.resolve("models--team--tiny/refs/main")).hasContent(COMMIT);
    assertThat(fetch()).isEqualTo(snapshot);
    assertThat(fileRequests).hasValue(1);
    server.stop(0);
    assertThat(
            new HubClient(settings(Optional.empty()).asOffline())
                .fetch(MODEL, (_, _) -> {}, notes::add))
        .isEqualTo(snapshot);
  }

  @Test
  void aCutConnectionGoesOnWhereItStopped() throws Exception {
    onWeights =
        exchange -> {
          if (fileRequests.get() == 1) {
            exchange.sendResponseHeaders(200, weights.length);
            exchange.getResponseBody().write(weights, 0, 100_000);
            bytesSent.addAndGet(100_000);
            exchange.getResponseBody().flush();
            throw new IOException("cut");
          }
          sendRange(exchange);
        };
    assertThat(Files.readAllBytes(fetch().resolve("model.safetensors"))).isEqualTo(weights);
    assertThat(fileRequests).hasValue(2);
    assertThat(bytesSent.get()).as("nothing was sent twice").isLessThan(weights.length + 70_000L);
  }

  @Test
  void aServerThatIgnoresRangesIsReadFromTheStart() throws Exception {
    onWeights =
        exchange -> {
          exchange.sendResponseHeaders(200, weights.length);
          int sent = fileRequests.get() == 1 ? 50_000 : weights.length;
          exchange.getResponseBody().write(weights, 0, sent);
          if (fileRequests.get() == 1) {
            throw new IOException("cut");
          }
        };
    assertThat(Files.readAllBytes(fetch().resolve("model.safetensors"))).isEqualTo(weights);
  }

  @Test
  void tooManyBytesAreRefused() {
    onWeights =
        exchange -> {
          exchange.sendResponseHeaders(200, weights.length + 10);
          exchange.getResponseBody().write(weights);
          exchange.getResponseBody().write(new byte[10]);
        };
    assertBad("longer than the 300000 bytes");
  }

  @Test
  void aDamagedFileIsRemovedAndNamed() {
    onWeights =
        exchange -> {
          byte[] damaged = weights.clone();
          damaged[5]++;
          exchange.sendResponseHeaders(200, damaged.length);
          exchange.getResponseBody().write(damaged);
        };
    assertBad("model.safetensors of team/tiny@main is damaged after the download");
    assertThat(
            folder
                .resolve("models--team--tiny/blobs")
                .toFile()
                .list((_, name) -> name.startsWith(sha256)))
        .isEmpty();
  }

  @Test
  void permissionAndAbsenceAreToldApart() {
    onListing = exchange -> exchange.sendResponseHeaders(401, -1);
    assertBad("set HF_TOKEN");
    onListing = exchange -> exchange.sendResponseHeaders(403, -1);
    assertThatThrownBy(() ->
            new HubClient(settings(Optional.of("secret"))).fetch(MODEL, (_, _) -> {}, notes::add))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("the token in HF_TOKEN is not accepted");
    onListing = exchange -> exchange.sendResponseHeaders(404, -1);
    assertBad("does not exist");
  }

  @Test
  void aBusyServerIsAskedAgainWhenItSays() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    onListing =
        exchange -> {
          if (asked.incrementAndGet() <= 2) {
            exchange.getResponseHeaders().add("Retry-After", "0");
            exchange.sendResponseHeaders(asked.get() == 1 ? 429 : 503, -1);
          } else {
            sendListing(exchange);
          }
        };
    assertThat(fetch()).isDirectory();
    assertThat(notes).anyMatch(note -> note.contains("429"));
  }

  @Test
  void aServerThatFailsForEverIsGivenUp() {
    onListing = exchange -> exchange.sendResponseHeaders(500, -1);
    assertBad("after 5 tries");
  }

  @Test
  void theTokenStaysWithTheHub() throws Exception {
    HttpServer other =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    List<String> seenElsewhere = new ArrayList<>();
    other.createContext(
        "/blob",
        exchange -> {
          seenElsewhere.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
          run(exchange, this::sendRange);
        });
    other.start();
    onWeights =
        exchange -> {
          exchange
              .getResponseHeaders()
              .add("Location", "http://127.0.0.1:" + other.getAddress().getPort() + "/blob");
          exchange.sendResponseHeaders(302, -1);
        };
    try {
      new HubClient(settings(Optional.of("secret"))).fetch(MODEL, (_, _) -> {}, notes::add);
      assertThat(seenElsewhere).containsExactly("null");
      assertThat(authorizations).contains("Bearer secret");
    } finally {
      other.stop(0);
    }
  }

  @Test
  void aListingThatLeavesTheFolderIsRefused() {
    onListing =
        exchange ->
            send(
                exchange,
                "{\"sha\": \"" + COMMIT + "\", \"siblings\": [{\"rfilename\": \"../../x.json\"}]}");
    assertBad("outside the model's folder");
  }

  @Test
  void twoThreadsFetchOneModelOnce() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<Path> a = threads.submit(this::fetch);
      Future<Path> b = threads.submit(this::fetch);
      assertThat(a.get()).isEqualTo(b.get());
    }
    assertThat(fileRequests).hasValue(1);
  }

  @Test
  void withoutNetworkTheMissingModelIsNamed() {
    HubClient offline = new HubClient(settings(Optional.empty()).asOffline());
    assertThatThrownBy(() -> offline.fetch(MODEL, (_, _) -> {}, notes::add))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("llava pull team/tiny");
  }

  @Test
  void onlyWhatIsNeededIsChosen() {
    assertThat(
            FileSelection.needed(
                List.of(
                    "config.json",
                    "model.safetensors",
                    "pytorch_model.bin",
                    "flax_model.msgpack",
                    "onnx/model.onnx",
                    "tokenizer.model",
                    "picture.png")))
        .containsExactlyInAnyOrder("config.json", "tokenizer.model", "model.safetensors");
    assertThat(FileSelection.needed(List.of("a.Q8_0.gguf", "a.Q4_K_M.gguf", "mmproj-a-f16.gguf")))
        .containsExactlyInAnyOrder("mmproj-a-f16.gguf", "a.Q4_K_M.gguf");
  }

  @Test
  void settingsComeFromThePythonToolsVariables() {
    HubSettings settings =
        HubSettings.fromEnvironment(
            Map.of(
                "HF_ENDPOINT",
                "http://hub:80/",
                "HF_TOKEN",
                "t",
                "HF_HOME",
                "/h",
                "HF_HUB_OFFLINE",
                "1"));
    assertThat(settings.endpoint()).hasToString("http://hub:80");
    assertThat(settings.token()).contains("t");
    assertThat(settings.cache()).isEqualTo(Path.of("/h/hub"));
    assertThat(settings.offline()).isTrue();
    assertThatThrownBy(() -> HubSettings.fromEnvironment(Map.of("HF_ENDPOINT", "ftp://x")))
        .isInstanceOf(BadInputException.class);
    assertThatThrownBy(() -> HubReference.parse("a/../b")).isInstanceOf(BadInputException.class);
    assertThat(HubReference.parse("a/b@v1.0").revision()).isEqualTo("v1.0");
  }

  private Path fetch() {
    return new HubClient(settings(Optional.empty())).fetch(MODEL, (_, _) -> {}, notes::add);
  }

  private void assertBad(String part) {
    assertThatThrownBy(this::fetch)
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(part);
  }

  private HubSettings settings(Optional<String> token) {
    URI endpoint = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    return new HubSettings(endpoint, token, folder, false, Duration.ofMillis(2));
  }

  private void sendListing(HttpExchange exchange) throws IOException {
    send(
        exchange,
        "{\"sha\": \""
            + COMMIT
            + "\", \"siblings\": ["
            + "{\"rfilename\": \"config.json\", \"size\": "
            + config.length
            + ", \"blobId\": \""
            + gitBlob()
            + "\"},"
            + "{\"rfilename\": \"model.safetensors\", \"size\": "
            + weights.length
            + ", \"lfs\": {\"sha256\": \""
            + sha256
            + "\", \"size\": "
            + weights.length
            + "}}]}");
  }

  private void sendConfig(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, config.length);
    exchange.getResponseBody().write(config);
  }

  private void sendRange(HttpExchange exchange) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    int start = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
    exchange.sendResponseHeaders(range == null ? 200 : 206, weights.length - start);
    exchange.getResponseBody().write(weights, start, weights.length - start);
    bytesSent.addAndGet(weights.length - start);
  }

  private static void send(HttpExchange exchange, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private void run(HttpExchange exchange, Handler handler) throws IOException {
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    if (authorization != null) {
      synchronized (authorizations) {
        authorizations.add(authorization);
      }
    }
    try (exchange) {
      handler.handle(exchange);
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  private String gitBlob() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      digest.update(("blob " + config.length + "\0").getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(digest.digest(config));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
