package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import llava4j.error.BadInputException;
import llava4j.image.fetch.FetchPolicy;
import llava4j.server.engine.EngineLimits;
import llava4j.server.http.ApiKeys;
import llava4j.server.http.HttpLimits;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Keys, sizes, times and numbers.
class LimitsTest {
  private static final String CHAT = "/v1/chat/completions";

  /// More tokens than the small model makes in the second in which it has to stop.
  private static final String LONG = "{\"max_tokens\":1500,\"temperature\":1,\"seed\":1,\"n\":20,";

  private static final String HI = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

  private ServerFixture fixture;

  @AfterEach
  void stop() {
    if (fixture != null) {
      fixture.close();
    }
  }

  @Test
  void whoDoesNotKnowTheKeyIsRefused() throws Exception {
    fixture = new ServerFixture(ServerSettings.defaults().withApiKey("secret"));

    assertThat(fixture.client.get("/v1/models").status()).isEqualTo(401);
    assertThat(fixture.client.get("/v1/models").json().at("/error/code").asString())
        .isEqualTo("invalid_api_key");
    assertThat(with("Authorization", "Bearer wrong").status()).isEqualTo(401);
    assertThat(with("Authorization", "secret").status()).isEqualTo(401);
    assertThat(fixture.client.post(CHAT, "{" + HI).status()).isEqualTo(401);
    assertThat(fixture.client.get("/metrics").status()).isEqualTo(401);
    assertThat(with("Authorization", "Bearer secret").status()).isEqualTo(200);
    assertThat(fixture.client.get("/health/live").status()).isEqualTo(200);
  }

  @Test
  void eachKeyIsATenantWithANameInLogAndMetrics() throws Exception {
    ApiKeys keys =
        ApiKeys.parse("# two clients\nalice  secret-of-alice\n\nsecret-of-bob\n", "keys");
    fixture = new ServerFixture(ServerSettings.defaults().withApiKeys(keys));
    String body = Client.chat("\"max_tokens\":4,", "What is it?", Client.dataUri(Client.photo()));

    assertThat(cached("secret-of-alice", body)).isZero();
    assertThat(cached("secret-of-bob", body)).as("what alice has asked").isZero();
    assertThat(cached("secret-of-alice", body)).isPositive();
    assertThat(cached("secret-of-bob", body)).isPositive();
    assertThat(with("Authorization", "Bearer alice").status()).isEqualTo(401);
    assertThat(with("Authorization", "Bearer ").status()).isEqualTo(401);
    assertThat(with("Authorization", "Bearer secret-of-bob").status()).isEqualTo(200);
    until(() -> fixture.log.size() == 7); // a line comes a little after its response
    assertThat(fixture.log)
        .contains("alice: POST " + CHAT + " 200", "key2: POST " + CHAT + " 200")
        .contains("GET /v1/models 401");
    String metrics =
        fixture
            .client
            .send(
                fixture
                    .client
                    .to("/metrics")
                    .header("Authorization", "Bearer secret-of-bob")
                    .build())
            .text();
    assertThat(metrics)
        .contains(
            "llava_http_responses_total{status=\"200\",key=\"alice\"} 2\n",
            "llava_http_responses_total{status=\"200\",key=\"key2\"} 3\n",
            "llava_http_responses_total{status=\"401\"} 2\n")
        .doesNotContain("secret");
  }

  private int cached(String key, String body) throws IOException, InterruptedException {
    return fixture
        .client
        .send(
            fixture
                .client
                .to(CHAT)
                .header("Authorization", "Bearer " + key)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build())
        .json()
        .at("/usage/prompt_tokens_details/cached_tokens")
        .asInt();
  }

  @ParameterizedTest
  @CsvSource({
    "'', keys has no key",
    "'# nobody', keys has no key",
    "'a secret1,b secret2 more', 'keys, line 2 has more than a name and a key'",
    "'a secret1,a secret2', 'keys, line 2: there is already a key called a'",
    "'a secret1,b secret1', 'keys, line 2: this key is that of a'",
    "'/ secret1', 'keys, line 1: the name of a key has letters'"
  })
  void aFileOfKeysThatCannotBeUsedIsSaidWithoutAKey(String lines, String sentence) {
    assertThatThrownBy(() -> ApiKeys.parse(lines.replace(',', '\n'), "keys"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(sentence)
        .hasMessageNotContaining("secret");
  }

  @Test
  void pagesOfOthersCannotUseIt() throws Exception {
    fixture = new ServerFixture();

    assertThat(with("Origin", "http://evil.example").status()).isEqualTo(403);
    assertThat(with("Origin", "http://127.0.0.1:" + fixture.server.port()).status()).isEqualTo(200);
    assertThat(raw("GET /v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n")).contains(" 403 ");
    assertThat(raw("GET /v1/models HTTP/1.1\r\nHost: localhost:1\r\n\r\n")).contains(" 200 ");
  }

  @Test
  void aLargeBodyIsRefusedBeforeAndWhileItArrives() throws Exception {
    fixture = new ServerFixture(ServerSettings.defaults().withHttp(HttpLimits.ofBody(100_000)));
    String large = "{\"user\":\"" + "x".repeat(2_000_000) + "\"," + HI;

    assertThat(fixture.client.post(CHAT, large).status()).isEqualTo(413);
    assertThat(
            raw(
                "POST "
                    + CHAT
                    + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2147483648\r\n\r\n"))
        .contains(" 413 ", "100000 bytes");
    Client.Reply chunked =
        fixture.client.send(
            fixture
                .client
                .to(CHAT)
                .POST(
                    HttpRequest.BodyPublishers.ofByteArrays(
                        List.of(large.getBytes(StandardCharsets.UTF_8))))
                .build());
    assertThat(chunked.status()).isEqualTo(413);
    assertThat(fixture.client.post(CHAT, "{\"max_tokens\":2," + HI).status()).isEqualTo(200);
  }

  @Test
  void slowClientsDoNotStay() throws Exception {
    HttpLimits limits =
        new HttpLimits(
            100_000,
            800_000,
            Duration.ofMillis(600),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            5);
    fixture = new ServerFixture(ServerSettings.defaults().withHttp(limits));

    assertThat(raw("POST " + CHAT + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{"))
        .contains(" 408 ");
    assertThat(raw("POST " + CHAT + " HTTP/1.1\r\nHost: loc")).isEmpty();
    Socket[] many = new Socket[20];
    for (int i = 0; i < many.length; i++) {
      many[i] = new Socket(InetAddress.getLoopbackAddress(), fixture.server.port());
    }
    many[19].setSoTimeout(10_000);
    assertThat(many[19].getInputStream().read()).isEqualTo(-1); // beyond the limit
    for (Socket socket : many) {
      socket.close();
    }
    assertThat(fixture.becomesIdle(Duration.ofSeconds(5))).isTrue();
    until(this::isAnswered); // once the server has heard that the others have gone
  }

  @Test
  void aFullQueueSaysWhenToComeAgain() throws Exception {
    fixture = new ServerFixture(engine(1, 1, Duration.ofMinutes(1)));
    try (Socket running = send(CHAT, LONG + "\"stream\":true," + HI)) {
      assertThat(running.getInputStream().read()).isPositive(); // it has begun
      try (Socket waiting = send(CHAT, LONG + HI)) {
        until(() -> fixture.server.unanswered() == 2);
        Client.Reply refused = fixture.client.post(CHAT, "{" + HI);

        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.response().headers().firstValueAsLong("Retry-After").orElseThrow())
            .isBetween(1L, 30L);
        assertThat(waiting.isClosed()).isFalse();
        assertThat(fixture.client.get("/metrics").text())
            .contains(
                "llava_requests_running{model=\"original\"} 1",
                "llava_requests_waiting{model=\"original\"} 1");
      }
      until(() -> fixture.server.unanswered() == 1); // who waits no more has no place
    }
    assertThat(fixture.becomesIdle(Duration.ofSeconds(1))).isTrue();
  }

  @Test
  void aRequestEndsAtItsDeadline() throws Exception {
    fixture = new ServerFixture(engine(4, 4, Duration.ofMillis(400)));
    Client.Reply late = fixture.client.post(CHAT, LONG + HI);
    List<String> events = fixture.client.stream(CHAT, LONG + "\"stream\":true," + HI);

    assertThat(late.status()).isEqualTo(504);
    assertThat(late.error()).contains("not complete after 0 seconds");
    assertThat(Client.json(events.getLast()).at("/error/type").asString())
        .isEqualTo("server_error");
    assertThat(fixture.becomesIdle(Duration.ofSeconds(1))).isTrue();
  }

  @Test
  void whenTheClientGoesItsPlaceIsFreeWithinASecond() throws Exception {
    fixture = new ServerFixture();
    for (String stream : List.of("\"stream\":true,", "")) {
      Socket socket = send(CHAT, LONG + stream + HI);
      until(() -> fixture.server.unanswered() == 1);
      socket.close();
      assertThat(fixture.becomesIdle(Duration.ofSeconds(1))).isTrue();
    }
    until(() -> fixture.log.size() == 2);
    assertThat(fixture.log).allMatch(line -> line.endsWith(" 499"));
    assertThat(fixture.client.get("/metrics").text())
        .contains("llava_requests_cancelled_total{model=\"original\"} 2");
    assertThat(fixture.failures).isEmpty();
  }

  @Test
  void whatNobodyWaitsForHasNoPlaceInTheQueue() throws Exception {
    fixture = new ServerFixture(engine(1, 1, Duration.ofMinutes(1)));
    try (Socket running = send(CHAT, LONG + "\"stream\":true," + HI)) {
      assertThat(running.getInputStream().read()).isPositive(); // it has begun
      try (Socket _ = send("/v1/embeddings", "{\"input\":\"Hi\"}")) {
        until(() -> fixture.server.unanswered() == 2);
      }
      until(() -> fixture.server.unanswered() == 1);
      try (Socket _ = send("/api/generate", "{\"model\":\"original\"}")) {
        until(() -> fixture.server.unanswered() == 2);
      }
      until(() -> fixture.server.unanswered() == 1);
      assertThat(fixture.client.get("/metrics").text())
          .contains("llava_requests_running{model=\"original\"} 1\n");
    }
  }

  @Test
  void imagesFromAddressesComeThroughTheGuardedFetcher() throws Exception {
    HttpServer images =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    byte[] photo = Files.readAllBytes(Client.photo());
    images.createContext(
        "/photo.jpg",
        exchange -> {
          exchange.sendResponseHeaders(200, photo.length);
          exchange.getResponseBody().write(photo);
          exchange.close();
        });
    images.start();
    try {
      FetchPolicy policy =
          new FetchPolicy(true, 1 << 20, Duration.ofSeconds(10), 1, Set.of("localhost"));
      fixture =
          new ServerFixture(
              ServerSettings.defaults()
                  .withEngine(new EngineLimits(2, 2, Duration.ofMinutes(1), 8, 1_000_000, policy)));
      String address = ":" + images.getAddress().getPort() + "/photo.jpg";
      String more = "\"max_tokens\":8,";

      assertThat(
              fixture
                  .client
                  .post(CHAT, Client.chat(more, "Hi", "http://localhost" + address))
                  .content())
          .isEqualTo(
              fixture
                  .client
                  .post(CHAT, Client.chat(more, "Hi", Client.dataUri(Client.photo())))
                  .content())
          .isNotEmpty();
      Client.Reply refused =
          fixture.client.post(CHAT, Client.chat(more, "Hi", "http://127.0.0.1" + address));
      assertThat(refused.status()).isEqualTo(400);
      assertThat(refused.error()).contains("private network");
    } finally {
      images.stop(0);
    }
  }

  @Test
  void aServerThatIsStoppedAnswersWhatItAccepted() throws Exception {
    fixture = new ServerFixture();
    String body = "{\"max_tokens\":300," + HI;
    CompletableFuture<Client.Reply> running =
        CompletableFuture.supplyAsync(() -> {
          try {
            return fixture.client.post(CHAT, body);
          } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    until(() -> fixture.server.unanswered() == 1);

    assertThat(fixture.server.drain(Duration.ofSeconds(30))).isTrue();
    assertThat(running.get(10, TimeUnit.SECONDS).status()).isEqualTo(200);
    Client.Reply refused = fixture.client.post(CHAT, body);
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.response().headers().firstValue("Retry-After")).isPresent();
    assertThat(fixture.client.get("/health/ready").status()).isEqualTo(503);
    assertThat(fixture.client.get("/health/live").status()).isEqualTo(200);
  }

  private static ServerSettings engine(int running, int queued, Duration deadline) {
    return ServerSettings.defaults()
        .withEngine(
            new EngineLimits(running, queued, deadline, 8, 1_000_000, FetchPolicy.withoutUrls()));
  }

  private Client.Reply with(String header, String value) throws IOException, InterruptedException {
    return fixture.client.send(fixture.client.to("/v1/models").header(header, value).build());
  }

  /// Sends bytes and reads until the server closes the connection or a whole response is there.
  private String raw(String text) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), fixture.server.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
      StringBuilder read = new StringBuilder();
      InputStream in = socket.getInputStream();
      for (int next = in.read(); next >= 0; next = in.read()) {
        read.append((char) next);
        if (next == '}' && in.available() == 0) {
          break;
        }
      }
      return read.toString();
    }
  }

  private Socket send(String path, String body) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), fixture.server.port());
    String head =
        "POST "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n";
    socket.getOutputStream().write((head + body).getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  /// Whether a new client gets an answer.
  private boolean isAnswered() {
    try (Client client = new Client(fixture.server.port())) {
      return client.post(CHAT, "{\"max_tokens\":2," + HI).status() == 200;
    } catch (IOException _) {
      return false; // the connection was closed at once
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private interface Condition {
    boolean holds() throws IOException, InterruptedException;
  }

  private static void until(Condition condition) throws IOException, InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      Thread.sleep(2);
    }
  }
}
