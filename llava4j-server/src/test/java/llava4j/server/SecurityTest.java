package llava4j.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import llava4j.image.fetch.FetchPolicy;
import llava4j.server.engine.EngineLimits;
import llava4j.server.http.HttpFront;
import llava4j.server.http.HttpLimits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Threats of docs/security.md that no other test is about, and the cases of llama.cpp's
/// test_security.py and test_vision_api.py.
class SecurityTest {
  private static final String CHAT = "/v1/chat/completions";

  /// A threat whose answer nobody proves would stand in the document as if it were answered.
  @Test
  void everyTestThatTheDocumentNamesExists() throws Exception {
    Path root = Path.of("..").toAbsolutePath().normalize();
    List<String> rows =
        Files.readAllLines(root.resolve("docs/security.md")).stream()
            .filter(line -> line.startsWith("| ") && !line.startsWith("| threat"))
            .toList();
    Pattern name = Pattern.compile("`([A-Za-z]+Test)\\.([A-Za-z0-9]+)`");
    String tests;
    try (Stream<Path> files = Files.walk(root)) {
      tests =
          String.join(
              "\n",
              files
                  .filter(file -> file.toString().contains("src/test/java"))
                  .filter(file -> file.toString().endsWith("Test.java"))
                  .map(SecurityTest::named)
                  .toList());
    }

    assertThat(rows).hasSizeGreaterThan(15);
    for (String row : rows) {
      List<MatchResult> found = name.matcher(row).results().toList();
      assertThat(found).as(row).isNotEmpty();
      for (MatchResult one : found) {
        assertThat(tests).contains("class " + one.group(1) + "\n" + one.group(2) + "\n");
      }
    }
  }

  /// Each test of a file, behind the name of its class.
  private static String named(Path file) {
    try {
      String type = file.getFileName().toString().replace(".java", "");
      StringBuilder named = new StringBuilder();
      Pattern method = Pattern.compile("^  (?:public )?void ([A-Za-z0-9]+)\\(", Pattern.MULTILINE);
      method
          .matcher(Files.readString(file))
          .results()
          .forEach(one ->
              named.append("class ").append(type).append('\n').append(one.group(1)).append('\n'));
      return named.toString();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void onlyThisMachineReachesAServerUnlessToldOtherwise() {
    assertThat(HttpFront.isLoopback(ServerSettings.defaults().host())).isTrue();
    assertThat(HttpFront.isLoopback("0.0.0.0")).isFalse();
    assertThat(ServerSettings.defaults().engine().fetch().allowUrls()).isFalse();
  }

  @Test
  void keysAreComparedInConstantTime() {
    JavaClasses http =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("llava4j.server.http");
    classes()
        .that()
        .haveSimpleName("ApiKeys")
        .should()
        .callMethod(MessageDigest.class, "isEqual", byte[].class, byte[].class)
        .check(http);
  }

  /// But for the page's and the description's own files, which are read by their names in the jar,
  /// and the certificate's, which whoever starts the server names.
  @Test
  void nothingOfARequestBecomesAPath() {
    JavaClasses readers =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(
                "llava4j.server.openai",
                "llava4j.server.ollama",
                "llava4j.server.request",
                "llava4j.server.http");
    noClasses()
        .that()
        .haveSimpleNameNotStartingWith("Tls")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.io.File")
        .orShould()
        .dependOnClassesThat()
        .resideInAPackage("java.nio.file..")
        .check(readers);
  }

  @Test
  void aKeyIsNeededForAllButThePageAndHealth() throws Exception {
    try (ServerFixture fixture = new ServerFixture(ServerSettings.defaults().withApiKey("sk-1"))) {
      for (String path : List.of("/health", "/health/live", "/", "/openapi.json")) {
        assertThat(fixture.client.get(path).status()).as(path).isEqualTo(200);
      }
      String body = "{\"max_tokens\":1,\"prompt\":\"I believe the meaning of life is\"}";
      for (String key :
          List.of("Bearer ", "Bearer invalid-key", "sk-1", "Bearer sk-", "Bearer sk-11")) {
        Client.Reply refused = fixture.client.send(completion(fixture, body, key));
        assertThat(refused.status()).as(key).isEqualTo(401);
        assertThat(refused.json().at("/error/type").asString()).isEqualTo("authentication_error");
      }
      assertThat(fixture.client.send(completion(fixture, body, "Bearer sk-1")).status())
          .isEqualTo(200);
      for (Described.Operation one :
          new Described(fixture.client.get("/openapi.json").json()).operations()) {
        boolean open = one.path().startsWith("/health") || one.path().equals("/openapi.json");
        HttpRequest request =
            fixture
                .client
                .to(one.path().replace("{model}", "original"))
                .method(one.method(), HttpRequest.BodyPublishers.noBody())
                .build();
        assertThat(fixture.client.send(request).status())
            .as(one.path())
            .isEqualTo(open ? 200 : 401);
      }
    }
  }

  private static HttpRequest completion(ServerFixture fixture, String body, String key) {
    return fixture
        .client
        .to("/v1/completions")
        .header("Authorization", key)
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  @Test
  void noPageOfAnotherSiteIsToldThatItMayAsk() throws Exception {
    try (ServerFixture fixture = new ServerFixture(ServerSettings.defaults().withApiKey("sk-1"))) {
      for (String origin : List.of("http://localhost", "http://web.mydomain.fr", "null")) {
        Client.Reply reply =
            fixture.client.send(
                fixture
                    .client
                    .to("/v1/completions")
                    .header("Origin", origin)
                    .header("Access-Control-Request-Method", "POST")
                    .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                    .build());
        assertThat(reply.status()).isEqualTo(405);
        assertThat(reply.response().headers().map().keySet())
            .noneMatch(name -> name.startsWith("access-control"));
      }
    }
  }

  /// Without and with leave to fetch: a file is never an address.
  @Test
  void filesAreNoImages(@TempDir Path folder) throws Exception {
    Path file = Files.copy(Client.photo(), folder.resolve("photo.jpg"));
    String base64 = Base64.getEncoder().encodeToString(Files.readAllBytes(file));
    for (boolean urls : new boolean[] {false, true}) {
      try (ServerFixture fixture = new ServerFixture(fetching(urls))) {
        for (String url :
            List.of(
                "malformed",
                "file://" + file,
                "file:////" + file,
                "FILE://localhost" + file,
                "file://../photo.jpg",
                file.toString(),
                "../photo.jpg",
                "/etc/passwd",
                "ftp://localhost/photo.jpg",
                "gopher://localhost:1/",
                "jar:file:" + file + "!/a",
                base64)) {
          for (Client.Reply reply :
              List.of(
                  fixture.client.post(CHAT, Client.chat("\"max_tokens\":1,", "test", url)),
                  fixture.client.post("/v1/responses", asked(url)))) {
            assertThat(reply.status()).as(url).isEqualTo(400);
            assertThat(reply.error()).contains("must be a data URI").hasSizeLessThan(200);
          }
        }
        assertThat(
                fixture
                    .client
                    .post(
                        "/api/generate",
                        "{\"model\":\"original\",\"prompt\":\"a\",\"images\":[\"file://"
                            + file
                            + "\"]}")
                    .status())
            .isEqualTo(400);
        assertThat(fixture.failures).isEmpty();
      }
    }
  }

  private static String asked(String url) {
    return "{\"max_output_tokens\":1,\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"image_url\":"
        + Client.quoted(url)
        + "}]}]}";
  }

  private static ServerSettings fetching(boolean urls) {
    FetchPolicy policy =
        urls
            ? new FetchPolicy(true, 1 << 20, Duration.ofSeconds(10), 3, Set.of("localhost"))
            : FetchPolicy.withoutUrls();
    return ServerSettings.defaults()
        .withEngine(new EngineLimits(2, 2, Duration.ofMinutes(1), 8, 1_000_000, policy));
  }

  @Test
  void addressesWithoutAnImageAreNamed() throws Exception {
    HttpServer other =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    AtomicInteger asked = new AtomicInteger();
    other.createContext(
        "/",
        exchange -> {
          asked.incrementAndGet();
          byte[] page = "<html>no image</html>".getBytes(StandardCharsets.UTF_8);
          boolean there = exchange.getRequestURI().getPath().equals("/page");
          exchange.sendResponseHeaders(there ? 200 : 404, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    other.start();
    String base = "http://localhost:" + other.getAddress().getPort();
    try (ServerFixture fixture = new ServerFixture(fetching(true))) {
      Client.Reply missing = fixture.client.post(CHAT, Client.chat("", "a", base + "/404"));
      Client.Reply page = fixture.client.post(CHAT, Client.chat("", "a", base + "/page"));

      assertThat(missing.status()).isEqualTo(400);
      assertThat(missing.error()).contains("404");
      assertThat(page.status()).isEqualTo(400);
      assertThat(page.error()).contains("as an image").doesNotContain("html");
      assertThat(asked).hasValue(2);
    } finally {
      other.stop(0);
    }
  }

  @Test
  void theLogHasNoPromptImageOrAnswer() throws Exception {
    try (ServerFixture fixture = new ServerFixture()) {
      String uri = Client.dataUri(Client.photo());
      fixture.client.post(CHAT + "?q=secret", Client.chat("\"max_tokens\":3,", "secret", uri));
      fixture.client.post(CHAT, "{\"secret\":1}");

      for (int i = 0; i < 500 && fixture.log.size() < 2; i++) {
        Thread.sleep(10);
      }
      assertThat(String.join("\n", fixture.log))
          .isEqualTo("POST " + CHAT + " 200\nPOST " + CHAT + " 400");
    }
  }

  @Test
  void allBodiesTogetherAreLimited() throws Exception {
    HttpLimits limits =
        new HttpLimits(
            300_000,
            400_000,
            Duration.ofSeconds(20),
            Duration.ofSeconds(20),
            Duration.ofSeconds(5),
            20);
    try (ServerFixture fixture = new ServerFixture(ServerSettings.defaults().withHttp(limits));
        java.net.Socket held =
            new java.net.Socket(InetAddress.getLoopbackAddress(), fixture.server.port())) {
      String head =
          "POST " + CHAT + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n\r\n";
      held.getOutputStream()
          .write((head + "x".repeat(299_000)).getBytes(StandardCharsets.US_ASCII));
      held.getOutputStream().flush();
      String body = "{\"user\":\"" + "x".repeat(150_000) + "\"}";
      Client.Reply reply = fixture.client.post(CHAT, body);
      for (int i = 0; i < 200 && reply.status() != 429 && !isAnswered(held); i++) {
        Thread.sleep(20); // until the other has arrived
        reply = fixture.client.post(CHAT, body);
      }

      // Where both arrive at once, the one whose piece comes last is refused.
      String refusal =
          isAnswered(held) && reply.status() != 429
              ? new String(held.getInputStream().readNBytes(200), StandardCharsets.US_ASCII)
              : reply.status() + " " + reply.response().headers().map();
      assertThat(refusal).contains("429").containsIgnoringCase("Retry-After");
    }
  }

  private static boolean isAnswered(java.net.Socket client) throws IOException {
    return client.getInputStream().available() > 0;
  }

  /// Tokens that end a turn are texts in a prompt, not marks.
  @Test
  void marksInTextsAreTexts() throws Exception {
    try (ServerFixture fixture = new ServerFixture()) {
      String plain =
          "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"a </s> b\"}]}";
      int split = tokens(fixture.client.post(CHAT, plain).json());
      int without = tokens(fixture.client.post(CHAT, plain.replace("</s>", "")).json());
      String image = plain.replace("</s>", "<image>");

      assertThat(split).isGreaterThan(without + 2);
      assertThat(tokens(fixture.client.post(CHAT, image).json())).isGreaterThan(without + 2);
    }
  }

  private static int tokens(JsonNode reply) {
    return reply.at("/usage/prompt_tokens").asInt();
  }
}
