package llava4j.eval.judge;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A judge behind an OpenAI-compatible `chat/completions`. If the server is busy, or on a broken
/// connection or a timeout, the request is repeated; the pause doubles each time.
public final class OpenAiJudge implements Judge {
  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int OK = 200;

  private final Settings settings;
  private final HttpClient client;
  private final JsonMapper json = new JsonMapper();

  /// How the judge is asked.
  ///
  /// @param endpoint such as `https://api.openai.com/v1`
  /// @param key the API key; empty for servers without one
  /// @param maxTokens of a reply
  /// @param tries before giving up
  /// @param pause before the second try
  public record Settings(
      URI endpoint,
      String model,
      Optional<String> key,
      double temperature,
      int maxTokens,
      int tries,
      Duration pause,
      Duration patience) {

    /// The settings of LLaVA's scripts; five tries, with a pause of half a second before the second
    /// one.
    public static Settings official(URI endpoint, String model, Optional<String> key) {
      return new Settings(
          endpoint, model, key, 0.2, 1024, 5, Duration.ofMillis(500), Duration.ofMinutes(2));
    }
  }

  public OpenAiJudge(Settings settings) {
    this.settings = settings;
    this.client = HttpClient.newBuilder().connectTimeout(settings.patience()).build();
  }

  @Override
  public String name() {
    return settings.model() + " at " + settings.endpoint().getHost();
  }

  @Override
  public String ask(String system, String prompt) {
    Duration pause = settings.pause();
    Exception last = null;
    for (int i = 0; i < settings.tries(); i++) {
      try {
        if (i > 0) {
          TimeUnit.MILLISECONDS.sleep(pause.toMillis());
          pause = pause.multipliedBy(2);
        }
        return once(system, prompt);
      } catch (IOException e) {
        last = e;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new JudgeException("interrupted while asking the judge", e);
      }
    }
    throw new JudgeException(
        name() + " gave no reply in " + settings.tries() + " tries: " + reason(last), last);
  }

  /// The reason in words; many connection errors have no message.
  private static String reason(Exception problem) {
    return switch (problem) {
      case HttpTimeoutException _ -> "timeout";
      case ConnectException _ -> "no connection";
      default ->
          problem.getMessage() == null ? problem.getClass().getSimpleName() : problem.getMessage();
    };
  }

  private String once(String system, String prompt) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create(
                    settings.endpoint().toString().replaceFirst("/$", "") + "/chat/completions"))
            .timeout(settings.patience())
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body(system, prompt)));
    settings.key().ifPresent(key -> request.header("Authorization", "Bearer " + key));
    HttpResponse<String> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    int status = response.statusCode();
    if (status == UNAUTHORIZED || status == FORBIDDEN || status == NOT_FOUND) {
      throw new BadInputException(
          "the judge at "
              + settings.endpoint()
              + " answered "
              + status
              + "; check its address, its model and the key");
    }
    if (status != OK) {
      throw new IOException("status " + status);
    }
    try {
      JsonNode content = json.readTree(response.body()).at("/choices/0/message/content");
      if (!content.isString()) {
        throw new IOException("the reply has no choices[0].message.content");
      }
      return content.asString();
    } catch (JacksonException e) {
      throw new IOException("the reply is not JSON", e);
    }
  }

  private String body(String system, String prompt) {
    ObjectNode body = json.createObjectNode();
    body.put("model", settings.model());
    body.put("temperature", settings.temperature());
    body.put("max_tokens", settings.maxTokens());
    ArrayNode messages = body.putArray("messages");
    if (!system.isEmpty()) {
      messages.addObject().put("role", "system").put("content", system);
    }
    messages.addObject().put("role", "user").put("content", prompt);
    return body.toString();
  }
}
