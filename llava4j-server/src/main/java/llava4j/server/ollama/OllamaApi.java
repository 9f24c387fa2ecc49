package llava4j.server.ollama;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import llava4j.ChatResponse;
import llava4j.TextEmbedding;
import llava4j.generate.FinishReason;
import llava4j.generate.Trimmed;
import llava4j.server.engine.Embedding;
import llava4j.server.engine.Engine;
import llava4j.server.engine.ModelSource;
import llava4j.server.engine.Models;
import llava4j.server.engine.Run;
import llava4j.server.engine.RunEvent;
import llava4j.server.http.Exchange;
import llava4j.server.http.Routes;
import llava4j.server.request.AnswerFormat;
import llava4j.server.request.Fields;
import llava4j.server.request.Json;
import llava4j.server.request.Refusal;
import llava4j.server.request.ServedModel;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The paths of Ollama's API that ask a model or tell about it.
public final class OllamaApi {
  private static final String LINES = "application/x-ndjson";

  private final Models models;
  private final AnswerFormat formats;
  private final String version;

  public OllamaApi(Models models, AnswerFormat formats, String version) {
    this.models = models;
    this.formats = formats;
    this.version = version;
  }

  /// Where the text of an answer stands.
  private enum Form {
    CHAT {
      @Override
      void put(ObjectNode body, String text) {
        body.putObject("message").put("role", "assistant").put("content", text);
      }
    },
    GENERATE {
      @Override
      void put(ObjectNode body, String text) {
        body.put("response", text);
      }
    };

    abstract void put(ObjectNode body, String text);
  }

  public void addTo(Routes routes) {
    OllamaReader reader = new OllamaReader(models.first().limits().images(), formats);
    routes
        .post("/api/chat", exchange -> answer(exchange, reader::chat, Form.CHAT))
        .post("/api/generate", exchange -> answer(exchange, reader::generate, Form.GENERATE))
        .post("/api/embed", new OllamaEmbed(models))
        .get("/api/tags", this::tags)
        .post("/api/show", this::show)
        .get("/api/version", exchange -> exchange.json(200, Json.object().put("version", version)));
  }

  private void answer(Exchange exchange, Function<Fields, OllamaCall> reader, Form form)
      throws InterruptedException {
    Fields body = Json.read(exchange.body());
    Engine engine = models.find(Optional.of(body.requiredText("model")));
    OllamaCall call = reader.apply(body);
    if (call.question().isEmpty()) {
      loadOrUnload(exchange, engine, call.unload(), form);
      return;
    }
    Run run = engine.submit(call.question().get(), exchange.caller());
    exchange.whenGone(run::cancel);
    try {
      follow(exchange, engine.model(), call.streamed(), run, form);
    } catch (Refusal | InterruptedException e) {
      run.cancel();
      throw e;
    }
  }

  /// Ollama's clients load a model by asking it nothing, and unload it by keeping it no time.
  private static void loadOrUnload(Exchange exchange, Engine engine, boolean unload, Form form)
      throws InterruptedException {
    if (unload) {
      engine.unload();
    } else {
      Embedding nothing = engine.embed(List.of(), exchange.caller()); // in its turn
      exchange.whenGone(nothing::cancel);
      List<TextEmbedding> _ = nothing.await();
    }
    ObjectNode body = head(engine.model());
    form.put(body, "");
    exchange.json(200, body.put("done", true).put("done_reason", unload ? "unload" : "load"));
  }

  private static void follow(
      Exchange exchange, ServedModel model, boolean streamed, Run run, Form form)
      throws InterruptedException {
    Trimmed trimmed = new Trimmed();
    boolean begun = false;
    while (true) {
      switch (run.next()) {
        case RunEvent.Text(int _, String text) -> {
          String inside = trimmed.accept(text);
          if (streamed && !inside.isEmpty()) {
            if (!begun) {
              exchange.begin(LINES, Map.of());
              begun = true;
            }
            ObjectNode body = head(model);
            form.put(body, inside);
            exchange.write(Json.write(body.put("done", false)) + "\n");
          }
        }
        case RunEvent.Done(ChatResponse response) -> {
          ObjectNode body = head(model);
          form.put(body, streamed ? "" : response.text());
          putEnd(body, response);
          if (!streamed) {
            exchange.json(200, body);
            return;
          }
          if (!begun) {
            exchange.begin(LINES, Map.of());
          }
          exchange.write(Json.write(body) + "\n");
          exchange.end();
          return;
        }
        case RunEvent.Failed(Refusal refusal) -> {
          if (begun) {
            exchange.write(Json.write(Json.object().put("error", refusal.getMessage())) + "\n");
            exchange.end();
          }
          throw refusal;
        }
      }
    }
  }

  private static ObjectNode head(ServedModel model) {
    return Json.object().put("model", model.tagged()).put("created_at", Instant.now().toString());
  }

  /// Durations are in nanoseconds.
  private static void putEnd(ObjectNode body, ChatResponse response) {
    FinishReason reason = response.answers().getFirst().finishReason();
    boolean full = reason == FinishReason.MAX_TOKENS || reason == FinishReason.CONTEXT_FULL;
    long first = response.timing().firstToken().toNanos();
    long total = response.timing().total().toNanos();
    body.put("done", true);
    body.put("done_reason", full ? "length" : "stop");
    body.put("total_duration", total);
    body.put("load_duration", 0);
    body.put("prompt_eval_count", response.promptTokens());
    body.put("prompt_eval_duration", first);
    body.put("eval_count", response.answerTokens());
    body.put("eval_duration", total - first);
  }

  private void tags(Exchange exchange) throws InterruptedException {
    ObjectNode body = Json.object();
    ArrayNode all = body.putArray("models");
    for (Engine engine : models.all()) {
      ObjectNode entry = all.addObject();
      entry.put("name", engine.model().tagged());
      entry.put("model", engine.model().tagged());
      putDetails(entry, engine);
    }
    exchange.json(200, body);
  }

  private void show(Exchange exchange) throws InterruptedException {
    Fields fields = Json.read(exchange.body());
    Optional<String> name = fields.text("model");
    Optional<String> old = fields.text("name");
    Engine engine =
        models.find(Optional.of(name.or(() -> old).orElseThrow(() -> fields.missing("model"))));
    fields.refuse("the vocabulary is not listed here", "verbose");
    fields.requireNoOther();
    ModelSource.Facts facts = engine.facts();
    ObjectNode body = Json.object();
    putDetails(body, engine);
    ObjectNode info = body.putObject("model_info");
    info.put("general.architecture", "llava");
    info.put("llava.context_length", facts.contextLength());
    info.put("llava.embedding_length", facts.dim());
    info.put("llava.block_count", facts.layers());
    exchange.json(200, body);
  }

  private static void putDetails(ObjectNode entry, Engine engine) {
    entry.put("modified_at", engine.model().since().toString());
    ArrayNode capabilities = entry.putArray("capabilities");
    engine.capabilities().forEach(capabilities::add);
    ObjectNode details = entry.putObject("details");
    details.put("family", "llava");
    details.putArray("families").add("llava");
  }
}
