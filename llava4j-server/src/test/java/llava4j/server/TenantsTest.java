package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import llava4j.image.fetch.FetchPolicy;
import llava4j.server.engine.EngineLimits;
import llava4j.server.http.ApiKeys;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Two clients with keys of their own at one model that works on one request at a time.
class TenantsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String HI = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final String SHORT = "{\"max_tokens\":40," + HI;

  /// Runs until its client goes.
  private static final String ENDLESS =
      "{\"max_tokens\":1500,\"temperature\":1,\"seed\":1,\"n\":20,\"stream\":true," + HI;

  private final List<Socket> sockets = new ArrayList<>(); // else they close when nobody holds them
  private ServerFixture fixture;

  private void start(int queued) {
    ApiKeys keys = ApiKeys.parse("alice secret-of-alice\nbob secret-of-bob\n", "keys");
    fixture =
        new ServerFixture(
            ServerSettings.defaults()
                .withApiKeys(keys)
                .withEngine(
                    new EngineLimits(
                        1,
                        queued,
                        Duration.ofMinutes(1),
                        8,
                        1_000_000,
                        FetchPolicy.withoutUrls())));
  }

  @AfterEach
  void stop() throws IOException {
    fixture.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  @Test
  void requestsThatWaitTakeTurns() throws Exception {
    start(8);
    try (Socket running = send("alice", CHAT, ENDLESS)) {
      assertThat(running.getInputStream().read()).isPositive(); // it has begun
      for (String name : List.of("alice", "alice", "alice", "bob")) {
        wait(name, CHAT, SHORT);
      }
      wait("bob", "/v1/embeddings", "{\"input\":\"Hi\"}");
    }
    until(() -> fixture.log.size() == 6);

    assertThat(fixture.log)
        .containsExactly(
            "alice: POST " + CHAT + " 499",
            "alice: POST " + CHAT + " 200",
            "bob: POST " + CHAT + " 200",
            "alice: POST " + CHAT + " 200",
            "bob: POST /v1/embeddings 200",
            "alice: POST " + CHAT + " 200");
  }

  @Test
  void whoHoldsTheWholeQueueGivesWay() throws Exception {
    start(2);
    Socket waiting;
    try (Socket running = send("alice", CHAT, ENDLESS)) {
      assertThat(running.getInputStream().read()).isPositive(); // it has begun
      wait("alice", CHAT, SHORT);
      Socket newest = wait("alice", CHAT, SHORT);
      waiting = send("bob", CHAT, SHORT);

      assertThat(read(newest))
          .startsWith("HTTP/1.1 429 ")
          .containsIgnoringCase("\r\nretry-after: ")
          .contains("the queue is full, and clients with other keys are to have their part of it")
          .contains("rate_limit_error");
      assertThat(fixture.server.unanswered()).isEqualTo(3);
      for (String name : List.of("alice", "bob")) { // each has its part
        assertThat(read(send(name, CHAT, SHORT)))
            .startsWith("HTTP/1.1 429 ")
            .contains("2 requests are waiting already");
      }
    }
    assertThat(read(waiting)).startsWith("HTTP/1.1 200 ");
    until(() -> fixture.log.size() == 6);
    assertThat(fixture.failures).isEmpty();
    assertThat(metrics())
        .contains(
            "llava_requests_cancelled_total{model=\"original\"} 1\n", // what ran at first
            "llava_http_responses_total{status=\"429\",key=\"alice\"} 2\n");
  }

  private String metrics() throws Exception {
    return fixture
        .client
        .send(fixture.client.to("/metrics").header("Authorization", "Bearer secret-of-bob").build())
        .text();
  }

  /// Sends a request that has to wait, and stays open.
  private Socket wait(String name, String path, String body) throws Exception {
    int before = fixture.server.unanswered();
    Socket socket = send(name, path, body);
    until(() -> fixture.server.unanswered() == before + 1);
    return socket;
  }

  private Socket send(String name, String path, String body) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), fixture.server.port());
    sockets.add(socket);
    socket.setSoTimeout(20_000);
    String head =
        "POST "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret-of-"
            + name
            + "\r\nConnection: close\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n";
    socket.getOutputStream().write((head + body).getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private static String read(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private interface Condition {
    boolean holds() throws IOException, InterruptedException;
  }

  private static void until(Condition condition) throws IOException, InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      Thread.sleep(2);
    }
  }
}
