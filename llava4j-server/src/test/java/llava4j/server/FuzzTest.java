package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import llava4j.golden.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Random requests after the server's own description, right and broken: none is an error of the
/// server's, and it answers as before.
///
/// `make fuzz-test SECONDS=600 SEED=7` for longer and other ones.
@Tag("slow")
class FuzzTest {
  private static final int CLIENTS = 2;
  private static final int SECONDS = Integer.getInteger("llava4j.fuzz.seconds", 8);
  private static final long SEED = Long.getLong("llava4j.fuzz.seed", 1);
  private static final String CHAT = "/v1/chat/completions";

  private final Map<String, LongAdder> statuses = new ConcurrentSkipListMap<>();

  @Test
  void noRequestIsAnErrorOfTheServers() throws Exception {
    try (ServerFixture fixture = new ServerFixture()) {
      Described described = new Described(fixture.client.get("/openapi.json").json());
      String before = ask(fixture);
      List<Future<List<String>>> clients = new ArrayList<>();
      try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
        for (int i = 0; i < CLIENTS; i++) {
          long seed = SEED * CLIENTS + i;
          clients.add(threads.submit(() -> send(fixture, described, seed)));
        }
      }
      List<String> failures = new ArrayList<>();
      for (Future<List<String>> client : clients) {
        failures.addAll(client.get());
      }
      System.out.println("requests by kind and status: " + new TreeMap<>(statuses));

      assertThat(failures).isEmpty();
      assertThat(fixture.failures).isEmpty();
      assertThat(fixture.becomesIdle(Duration.ofSeconds(5))).isTrue();
      assertThat(ask(fixture)).isEqualTo(before).isNotEmpty();
      assertThat(count("valid 200")).isGreaterThan(10);
      assertThat(count("broken 400")).isGreaterThan(10);
    }
  }

  private long count(String kind) {
    return statuses.getOrDefault(kind, new LongAdder()).sum();
  }

  private static String ask(ServerFixture fixture) throws Exception {
    String image = Client.dataUri(Client.photo());
    return fixture
        .client
        .post(CHAT, Client.chat("\"max_tokens\":8,", "What is it?", image))
        .content();
  }

  /// @return what was wrong
  private List<String> send(ServerFixture fixture, Described described, long seed)
      throws Exception {
    String image =
        Base64.getEncoder()
            .encodeToString(Files.readAllBytes(Golden.path("images/shapes_rgb.png")));
    RequestMaker maker = new RequestMaker(described, seed, image);
    List<Described.Operation> operations = described.operations();
    List<String> wrong = new ArrayList<>();
    long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
    try (Client client = new Client(fixture.server.port())) {
      while (System.nanoTime() < end && wrong.size() < 5) {
        Described.Operation operation = maker.one(operations);
        wrong.addAll(send(client, maker, operation));
      }
    }
    return wrong;
  }

  private List<String> send(Client client, RequestMaker maker, Described.Operation operation)
      throws Exception {
    JsonNode body = operation.request().map(maker::valid).orElse(null);
    String kind = "valid";
    if (body != null && !maker.happens(3)) {
      body = maker.broken(body);
      kind = "broken";
    }
    if (body instanceof ObjectNode object) {
      maker.shorten(object);
    }
    String whole = body == null ? "" : body.toString();
    String text = kind.equals("broken") && maker.happens(6) ? maker.torn(whole) : whole;
    String method = operation.method();
    if (maker.happens(40)) {
      method = maker.one(List.of("GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"));
      kind = "method";
    }
    String path = operation.path().replace("{model}", maker.one(List.of("original", "..%2f", "")));
    HttpRequest request =
        client
            .to(path)
            .method(
                method,
                HttpRequest.BodyPublishers.ofByteArray(text.getBytes(StandardCharsets.UTF_8)))
            .build();
    Client.Reply reply = client.send(request);
    statuses.computeIfAbsent(kind + " " + reply.status(), _ -> new LongAdder()).increment();
    return judge(kind, reply).stream()
        .map(why -> why + ": " + operation.method() + " " + path + " " + cut(text))
        .toList();
  }

  /// A stream has had its status when it fails.
  private static List<String> judge(String kind, Client.Reply reply) {
    boolean failed = reply.status() >= 500 || reply.text().contains("\"type\":\"server_error\"");
    boolean unread = kind.equals("valid") && reply.text().contains("there is no field");
    return failed || unread ? List.of(reply.status() + " " + cut(reply.text())) : List.of();
  }

  private static String cut(String text) {
    return text.length() > 700 ? text.substring(0, 700) + "..." : text;
  }
}
