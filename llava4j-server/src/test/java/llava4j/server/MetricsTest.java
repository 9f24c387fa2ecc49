package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;

/// Measurements that only several answers at once tell apart.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MetricsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String BETWEEN = "llava_inter_token_latency_seconds_count";
  private static final String SEQUENCES = "llava_sequences_running";
  private static final String WAITING = "llava_scheduler_requests_waiting";

  /// More sequences than half of what the model runs at once.
  private static final int MANY = 20;

  private ServerFixture fixture;

  @BeforeAll
  void start() {
    fixture = new ServerFixture();
  }

  @AfterAll
  void stop() {
    fixture.close();
  }

  @Test
  void theTimeBetweenTokensIsThatOfOneAnswer() throws Exception {
    double before = metric(BETWEEN);
    double firsts = metric("llava_time_to_first_token_seconds_count");
    List<JsonNode> texts =
        fixture.client.stream(
                "/v1/completions",
                "{\"stream\":true,\"n\":4,\"temperature\":1,\"seed\":1,\"max_tokens\":12,\"prompt\":\"Hi\"}")
            .stream()
            .filter(piece -> !piece.equals("[DONE]"))
            .map(piece -> Client.json(piece).at("/choices/0"))
            .filter(choice -> choice.get("finish_reason").isNull())
            .toList();
    long answers = texts.stream().map(choice -> choice.get("index").asInt()).distinct().count();

    assertThat(answers).isEqualTo(4);
    assertThat(metric(BETWEEN) - before).isEqualTo((double) (texts.size() - answers));
    assertThat(metric("llava_time_to_first_token_seconds_count") - firsts).isEqualTo(1);
  }

  @Test
  void whatTheModelWorksOnAndWhatWaitsInIt() throws Exception {
    assertThat(metric(SEQUENCES)).isZero();
    String body =
        Client.chat(
            "\"stream\":true,\"temperature\":1,\"seed\":1,\"max_tokens\":1500,\"n\":" + MANY + ",",
            "Hi");
    try (Client first = new Client(fixture.server.port());
        Client second = new Client(fixture.server.port())) {
      CompletableFuture<?> running = ask(first, body);
      until(SEQUENCES, MANY);
      CompletableFuture<?> waiting = ask(second, body);
      until(WAITING, 1);
      assertThat(metric("llava_requests_running")).isEqualTo(2);
      assertThat(metric("llava_requests_waiting")).isZero();
      running.cancel(true);
      waiting.cancel(true);
    }
    until(SEQUENCES, 0);
    until(WAITING, 0);
  }

  private static CompletableFuture<?> ask(Client client, String body) {
    return client
        .http()
        .sendAsync(
            client.to(CHAT).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
            HttpResponse.BodyHandlers.ofString());
  }

  private void until(String name, int value) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (metric(name) != value) {
      assertThat(System.nanoTime()).as(name + " is " + value).isLessThan(end);
      Thread.sleep(2);
    }
  }

  private double metric(String name) throws Exception {
    Matcher line =
        Pattern.compile("(?m)^" + name + "\\{model=\"original\"\\} (\\S+)$")
            .matcher(fixture.client.get("/metrics").text());
    assertThat(line.find()).as(name).isTrue();
    return Double.parseDouble(line.group(1));
  }
}
