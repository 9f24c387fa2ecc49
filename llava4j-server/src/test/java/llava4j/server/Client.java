package llava4j.server;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import llava4j.golden.Golden;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A client with the defaults of Java's own.
record Client(int port, HttpClient http) implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  Client(int port) {
    this(port, HttpClient.newHttpClient());
  }

  record Reply(int status, String text, HttpResponse<?> response) {
    JsonNode json() {
      return JSON.readTree(text);
    }

    String content() {
      return json().at("/choices/0/message/content").asString();
    }

    String error() {
      return json().at("/error/message").asString();
    }
  }

  HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .timeout(Duration.ofMinutes(2));
  }

  Reply get(String path) throws IOException, InterruptedException {
    return send(to(path).build());
  }

  Reply post(String path, String body) throws IOException, InterruptedException {
    return send(
        to(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  Reply send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    return new Reply(response.statusCode(), response.body(), response);
  }

  /// The data of all events of a stream.
  List<String> stream(String path, String body) throws IOException, InterruptedException {
    HttpResponse<Stream<String>> response =
        http.send(
            to(path).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
            HttpResponse.BodyHandlers.ofLines());
    List<String> events = new ArrayList<>();
    response
        .body()
        .filter(line -> !line.isEmpty())
        .forEach(line -> {
          if (!line.startsWith("data: ")) {
            throw new IllegalStateException("a line that is no event: " + line);
          }
          events.add(line.substring("data: ".length()));
        });
    return events;
  }

  static JsonNode json(String text) {
    return JSON.readTree(text);
  }

  /// A text as a JSON string.
  static String quoted(String text) {
    return JSON.writeValueAsString(text);
  }

  static Path photo() {
    return Golden.path("images/photo_420.jpg");
  }

  static String dataUri(Path image) throws IOException {
    String type = image.toString().endsWith(".png") ? "png" : "jpeg";
    return "data:image/"
        + type
        + ";base64,"
        + Base64.getEncoder().encodeToString(Files.readAllBytes(image));
  }

  /// A body of `/v1/chat/completions` with one user message.
  ///
  /// @param more fields, each with a comma behind it
  static String chat(String more, String question, String... imageUris) {
    StringBuilder parts = new StringBuilder();
    for (String uri : imageUris) {
      parts.append("{\"type\":\"image_url\",\"image_url\":{\"url\":" + quoted(uri) + "}},");
    }
    parts.append("{\"type\":\"text\",\"text\":" + quoted(question) + "}");
    return "{" + more + "\"messages\":[{\"role\":\"user\",\"content\":[" + parts + "]}]}";
  }

  @Override
  public void close() {
    http.close();
  }
}
