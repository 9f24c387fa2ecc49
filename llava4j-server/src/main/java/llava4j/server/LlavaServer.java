package llava4j.server;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import llava4j.Llava;
import llava4j.model.load.AvailableMemory;
import llava4j.server.engine.LoadedSource;
import llava4j.server.engine.ModelSource;
import llava4j.server.engine.Models;
import llava4j.server.engine.ServerMetrics;
import llava4j.server.http.AccessLog;
import llava4j.server.http.Exchange;
import llava4j.server.http.HttpFront;
import llava4j.server.http.Listening;
import llava4j.server.http.Routes;
import llava4j.server.ollama.OllamaApi;
import llava4j.server.openai.OpenAiApi;
import llava4j.server.request.AnswerFormat;
import llava4j.server.request.Json;

/// Models behind a port, with the APIs of OpenAI and Ollama.
///
/// ```java
/// try (Llava llava = Llava.load(folder);
///     LlavaServer server = LlavaServer.start(llava, ServerSettings.defaults(), log)) {
///   ...
/// }
/// ```
///
/// A model that the application has loaded belongs to it; it is closed after the server. Models
/// that the server loads from their files belong to the server.
public final class LlavaServer implements AutoCloseable {
  /// Ollama's clients ask for the version of the API, which this is like.
  private static final String OLLAMA_VERSION = "0.13.0";

  private final Models models;
  private final HttpFront front;
  private final AnswerFormat formats;

  private LlavaServer(Models models, HttpFront front, AnswerFormat formats) {
    this.models = models;
    this.formats = formats;
    this.front = front;
  }

  /// Serves a loaded model; see [#start(List, ServerSettings, AccessLog)].
  public static LlavaServer start(Llava llava, ServerSettings settings, AccessLog log) {
    String name = settings.modelName().orElse(llava.name());
    return start(List.of(new LoadedSource(name, llava)), settings, log);
  }

  /// Listens, loads the first model and lets it see an image; until then, requests are refused as
  /// too early. The other models are loaded when they are asked first, and the one that was asked
  /// longest ago is unloaded when the next would not fit into memory.
  ///
  /// @param sources at least one, each with another name
  /// @throws llava4j.error.BadInputException if the address or the certificate cannot be used, or
  ///   the first model cannot be loaded
  public static LlavaServer start(
      List<ModelSource> sources, ServerSettings settings, AccessLog log) {
    return start(sources, settings, log, () -> AvailableMemory.ofThisProcess().bytes());
  }

  /// @param availableBytes of memory for models
  static LlavaServer start(
      List<ModelSource> sources,
      ServerSettings settings,
      AccessLog log,
      LongSupplier availableBytes) {
    Models models = new Models(sources, settings.engine(), availableBytes, log::note);
    ServerMetrics metrics = new ServerMetrics(models);
    AnswerFormat formats = new AnswerFormat();
    Routes routes =
        new Routes()
            .open("/health/live", exchange -> exchange.json(200, Json.object().put("status", "ok")))
            .open("/health/ready", exchange -> ready(exchange, models))
            .open("/health", exchange -> ready(exchange, models))
            .get("/metrics", exchange -> metrics(exchange, metrics));
    Page.addTo(routes);
    Description.addTo(routes);
    new OpenAiApi(models, formats).addTo(routes);
    new OllamaApi(models, formats, OLLAMA_VERSION).addTo(routes);
    Listening at = new Listening(settings.host(), settings.port(), settings.keys(), settings.tls());
    HttpFront front = HttpFront.start(at, routes, settings.http(), counting(metrics, log));
    LlavaServer server = new LlavaServer(models, front, formats);
    try {
      models.warmUp();
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

  /// Requests that models work on, and those that wait for it.
  public int unanswered() {
    return models.unanswered();
  }

  /// Refuses new requests and waits until those that were accepted are answered.
  ///
  /// @return whether that came in time
  public boolean drain(Duration patience) throws InterruptedException {
    long start = System.nanoTime();
    boolean answered = models.drain(patience);
    Duration left = patience.minusNanos(System.nanoTime() - start);
    return front.awaitIdle(left.isNegative() ? Duration.ZERO : left) && answered;
  }

  /// Ends all requests and connections, and closes the models that the server has loaded. It does
  /// not wait for answers; see [#drain].
  @Override
  public void close() {
    models.refuseAll();
    front.close();
    formats.close();
    models.close();
  }

  private static void ready(Exchange exchange, Models models) throws InterruptedException {
    boolean ready = models.isReady();
    exchange.json(ready ? 200 : 503, Json.object().put("status", ready ? "ok" : "not ready"));
  }

  private static void metrics(Exchange exchange, ServerMetrics metrics)
      throws InterruptedException {
    exchange.send(
        200,
        "text/plain; version=0.0.4; charset=utf-8",
        metrics.text().getBytes(StandardCharsets.UTF_8));
  }

  private static AccessLog counting(ServerMetrics metrics, AccessLog next) {
    return new AccessLog() {
      @Override
      public void request(String key, String method, String path, int status, Duration time) {
        metrics.responded(status, key);
        next.request(key, method, path, status, time);
      }

      @Override
      public void note(String sentence) {
        next.note(sentence);
      }

      @Override
      public void failure(Optional<String> path, Throwable cause) {
        next.failure(path, cause);
      }
    };
  }
}
