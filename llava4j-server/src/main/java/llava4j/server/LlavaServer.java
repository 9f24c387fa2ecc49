package llava4j.server;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llava4j.Llava;
import llava4j.server.engine.Engine;
import llava4j.server.http.AccessLog;
import llava4j.server.http.Exchange;
import llava4j.server.http.HttpFront;
import llava4j.server.http.Routes;
import llava4j.server.ollama.OllamaApi;
import llava4j.server.openai.OpenAiApi;
import llava4j.server.request.AnswerFormat;
import llava4j.server.request.Json;
import llava4j.server.request.ServedModel;

/// A loaded model behind a port, with the APIs of OpenAI and Ollama.
///
/// ```java
/// try (Llava llava = Llava.load(folder);
///     LlavaServer server = LlavaServer.start(llava, ServerSettings.defaults(), log)) {
///   ...
/// }
/// ```
///
/// The model belongs to the caller, who closes it after the server.
public final class LlavaServer implements AutoCloseable {
  /// Ollama's clients ask for the version of the API, which this is like.
  private static final String OLLAMA_VERSION = "0.13.0";

  private final Engine engine;
  private final HttpFront front;
  private final AnswerFormat formats;

  private LlavaServer(Engine engine, HttpFront front, AnswerFormat formats) {
    this.engine = engine;
    this.formats = formats;
    this.front = front;
  }

  /// Listens, and lets the model see an image; until then, requests are refused as too early.
  ///
  /// @throws llava4j.error.BadInputException if the address cannot be used
  public static LlavaServer start(Llava llava, ServerSettings settings, AccessLog log) {
    Engine engine = new Engine(llava, settings.engine());
    ServedModel model = new ServedModel(settings.modelName().orElse(llava.name()), Instant.now());
    AnswerFormat formats = new AnswerFormat();
    Routes routes =
        new Routes()
            .open("/health/live", exchange -> exchange.json(200, Json.object().put("status", "ok")))
            .open("/health/ready", exchange -> ready(exchange, engine))
            .open("/health", exchange -> ready(exchange, engine))
            .get("/metrics", exchange -> metrics(exchange, engine));
    Page.addTo(routes);
    Description.addTo(routes);
    new OpenAiApi(engine, model, formats).addTo(routes);
    new OllamaApi(engine, model, formats, OLLAMA_VERSION).addTo(routes);
    HttpFront front =
        HttpFront.start(
            settings.host(),
            settings.port(),
            settings.apiKey(),
            routes,
            settings.http(),
            counting(engine, log));
    LlavaServer server = new LlavaServer(engine, front, formats);
    try {
      engine.warmUp();
      return server;
    } catch (RuntimeException | Error e) {
      server.close();
      throw e;
    }
  }

  /// The port that it listens on.
  public int port() {
    return front.port();
  }

  /// All paths with their methods; see [HttpFront#paths].
  Map<String, Set<String>> paths() {
    return front.paths();
  }

  /// Requests that the model works on, and those that wait for it.
  public int unanswered() {
    return engine.running() + engine.queued();
  }

  /// Refuses new requests and waits until those that were accepted are answered.
  ///
  /// @return whether that came in time
  public boolean drain(Duration patience) throws InterruptedException {
    long start = System.nanoTime();
    boolean answered = engine.drain(patience);
    Duration left = patience.minusNanos(System.nanoTime() - start);
    return front.awaitIdle(left.isNegative() ? Duration.ZERO : left) && answered;
  }

  /// Ends all requests and connections. It does not wait for answers; see [#drain].
  @Override
  public void close() {
    engine.close();
    front.close();
    formats.close();
  }

  private static void ready(Exchange exchange, Engine engine) throws InterruptedException {
    boolean ready = engine.isReady();
    exchange.json(ready ? 200 : 503, Json.object().put("status", ready ? "ok" : "not ready"));
  }

  private static void metrics(Exchange exchange, Engine engine) throws InterruptedException {
    exchange.send(
        200,
        "text/plain; version=0.0.4; charset=utf-8",
        engine.metricsText().getBytes(StandardCharsets.UTF_8));
  }

  private static AccessLog counting(Engine engine, AccessLog next) {
    return new AccessLog() {
      @Override
      public void request(String method, String path, int status, Duration time) {
        engine.metrics().responded(status);
        next.request(method, path, status, time);
      }

      @Override
      public void failure(Optional<String> path, Throwable cause) {
        next.failure(path, cause);
      }
    };
  }
}
