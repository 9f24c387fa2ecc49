package llava4j.cli.serve;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/// One of many clients: asks, streams, goes away and sends nonsense, until it is told to stop.
final class LoadClient implements Callable<LoadClient> {
  static final String CHAT = "/v1/chat/completions";
  private static final JsonMapper JSON = new JsonMapper();
  private static final List<String> NONSENSE =
      List.of(
          "{",
          "{\"messages\":[]}",
          "{\"model\":\"none\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
          "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
              + "{\"url\":\"data:image/png;base64,AAAA\"}}]}]}",
          "{\"mesages\":1}");

  /// In milliseconds.
  final List<Double> firstTexts = new ArrayList<>();

  final List<Double> betweenTexts = new ArrayList<>();
  final List<String> wrong = new ArrayList<>();
  int compared;
  int cancelled;
  int refused;
  int tooLate;

  private final ServerProcess server;
  private final Map<String, String> alone;
  private final List<String> bodies;
  private final AtomicBoolean stop;
  private final Random random;
  private final HttpClient http = HttpClient.newHttpClient();

  /// @param alone the right answer to each body
  LoadClient(ServerProcess server, Map<String, String> alone, AtomicBoolean stop, int seed) {
    this.server = server;
    this.alone = alone;
    this.bodies = alone.keySet().stream().sorted().toList();
    this.stop = stop;
    this.random = new Random(seed);
  }

  @Override
  public LoadClient call() throws IOException, InterruptedException {
    try (http) {
      while (!stop.get()) {
        String body = bodies.get(random.nextInt(bodies.size()));
        switch (random.nextInt(8)) {
          case 0 -> goAway(body);
          case 1 -> sendNonsense();
          case 2, 3 -> compare(body, whole(body));
          default -> compare(body, streamed(body));
        }
      }
    }
    return this;
  }

  /// @param answer null if the server was being stopped
  private void compare(String body, String answer) {
    if (answer == null) {
      tooLate++;
    } else if (answer.equals(alone.get(body))) {
      compared++;
    } else {
      wrong.add("'" + answer + "' instead of '" + alone.get(body) + "'");
    }
  }

  private String whole(String body) throws IOException, InterruptedException {
    HttpResponse<String> response = http.send(request(body), HttpResponse.BodyHandlers.ofString());
    return response.statusCode() == 200
        ? content(response.body())
        : unanswered(response.statusCode(), response.body());
  }

  /// The text of a whole answer.
  static String content(String body) {
    return JSON.readTree(body).at("/choices/0/message/content").asString();
  }

  private String streamed(String body) throws IOException, InterruptedException {
    long last = System.nanoTime();
    HttpResponse<Stream<String>> response =
        http.send(
            request("{\"stream\":true," + body.substring(1)), HttpResponse.BodyHandlers.ofLines());
    StringBuilder answer = new StringBuilder();
    StringBuilder other = new StringBuilder();
    boolean done = false;
    try (Stream<String> lines = response.body()) {
      for (Iterator<String> each = lines.iterator(); each.hasNext(); ) {
        String line = each.next();
        if (!line.startsWith("data: ")) {
          other.append(line);
        } else if (line.equals("data: [DONE]")) {
          done = true;
        } else {
          String text =
              JSON.readTree(line.substring("data: ".length()))
                  .at("/choices/0/delta/content")
                  .asString("");
          if (!text.isEmpty()) {
            long now = System.nanoTime();
            (answer.isEmpty() ? firstTexts : betweenTexts).add((now - last) / 1e6);
            last = now;
            answer.append(text);
          }
        }
      }
    }
    if (response.statusCode() != 200) {
      return unanswered(response.statusCode(), other.toString());
    }
    return done ? answer.toString() : "a stream without an end";
  }

  private String unanswered(int status, String said) {
    return status == 503 && stop.get() && said.contains("being stopped")
        ? null
        : "status " + status + ": " + said;
  }

  private void sendNonsense() throws IOException, InterruptedException {
    String body = NONSENSE.get(random.nextInt(NONSENSE.size()));
    int status = http.send(request(body), HttpResponse.BodyHandlers.ofString()).statusCode();
    if (status == 400 || status == 404) {
      refused++;
    } else if (status == 503 && stop.get()) {
      tooLate++;
    } else {
      wrong.add("status " + status + " for " + body);
    }
  }

  /// Closes the connection at once, or when the answer has begun.
  private void goAway(String body) throws IOException {
    try (Socket socket = open(server, "{\"stream\":true," + body.substring(1))) {
      if (random.nextBoolean()) {
        int _ = socket.getInputStream().read();
      }
    }
    cancelled++;
  }

  /// A request of which nothing is read yet.
  static Socket open(ServerProcess server, String body) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    String head =
        "POST " + CHAT + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + bytes.length;
    socket.getOutputStream().write((head + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().write(bytes);
    return socket;
  }

  private HttpRequest request(String body) {
    return HttpRequest.newBuilder(server.at(CHAT))
        .timeout(Duration.ofMinutes(5))
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }
}
