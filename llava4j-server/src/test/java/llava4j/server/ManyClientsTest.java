package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import llava4j.golden.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Sixteen clients at once: streams, whole answers, some that go away, some that send nonsense,
/// with the same and with other images.
@Tag("slow")
class ManyClientsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final int CLIENTS = 16;
  private static final int ROUNDS = 6;
  private static final List<String> IMAGES =
      List.of("photo_420.jpg", "shapes_rgb.png", "grey.jpg", "waterview.jpg");
  private static final List<String> QUESTIONS =
      List.of("What is in this image?", "Describe it in one sentence.", "Which colours are there?");

  @Test
  void everyGreedyAnswerIsThatOfItsRequestAlone() throws Exception {
    try (ServerFixture fixture = new ServerFixture()) {
      Map<String, String> alone = new HashMap<>();
      List<String> bodies = new ArrayList<>();
      for (String image : IMAGES) {
        for (String question : QUESTIONS) {
          String uri = Client.dataUri(Golden.path("images/" + image));
          String body = Client.chat("\"max_tokens\":24,", question, uri);
          bodies.add(body);
          alone.put(body, fixture.client.post(CHAT, body).content());
        }
      }
      assertThat(Map.copyOf(alone).values().stream().distinct().count()).isGreaterThan(3);

      List<Future<Integer>> clients = new ArrayList<>();
      try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
        for (int number = 0; number < CLIENTS; number++) {
          clients.add(threads.submit(client(fixture, number, bodies, alone)));
        }
      }
      int compared = 0;
      for (Future<Integer> client : clients) {
        compared += client.get();
      }

      assertThat(compared).isGreaterThan(CLIENTS * ROUNDS / 2);
      assertThat(fixture.becomesIdle(Duration.ofSeconds(2))).isTrue();
      assertThat(fixture.failures).isEmpty();
      assertThat(fixture.client.get("/metrics").text())
          .contains(
              "llava_requests_running{model=\"original\"} 0\n",
              "llava_requests_waiting{model=\"original\"} 0\n");
      assertThat(fixture.client.post(CHAT, bodies.getFirst()).content())
          .isEqualTo(alone.get(bodies.getFirst()));
    }
  }

  /// @return how many answers were compared
  private static Callable<Integer> client(
      ServerFixture fixture, int number, List<String> bodies, Map<String, String> alone) {
    return () -> {
      int compared = 0;
      try (Client client = new Client(fixture.server.port())) {
        for (int round = 0; round < ROUNDS; round++) {
          String body = bodies.get((number * 5 + round * 7) % bodies.size());
          switch ((number + round) % 5) {
            case 0 -> {
              assertThat(client.post(CHAT, body).content()).isEqualTo(alone.get(body));
              compared++;
            }
            case 1, 2 -> {
              assertThat(streamed(client, body)).isEqualTo(alone.get(body));
              compared++;
            }
            case 3 -> goAway(fixture.server.port(), "{\"stream\":true," + body.substring(1), round);
            default -> {
              assertThat(client.post(CHAT, body + "}").status()).isEqualTo(400);
              assertThat(client.post(CHAT, body).content()).isEqualTo(alone.get(body));
              compared++;
            }
          }
        }
      }
      return compared;
    };
  }

  private static String streamed(Client client, String body) throws Exception {
    List<String> events = client.stream(CHAT, "{\"stream\":true," + body.substring(1));
    assertThat(events).last().isEqualTo("[DONE]");
    return events.stream()
        .limit(events.size() - 1L)
        .map(event -> Client.json(event).at("/choices/0/delta/content").asString(""))
        .collect(Collectors.joining());
  }

  /// Closes the connection at once, or after the first byte of the answer.
  private static void goAway(int port, String body, int round) throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      String head =
          "POST " + CHAT + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + bytes.length;
      socket.getOutputStream().write((head + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().write(bytes);
      if (round % 2 == 0) {
        assertThat(socket.getInputStream().read()).isEqualTo('H');
      }
    }
  }
}
