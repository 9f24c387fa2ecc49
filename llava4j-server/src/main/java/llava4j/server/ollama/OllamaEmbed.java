package llava4j.server.ollama;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import llava4j.Llava;
import llava4j.TextEmbedding;
import llava4j.server.engine.Embedding;
import llava4j.server.engine.Engine;
import llava4j.server.engine.Models;
import llava4j.server.http.Exchange;
import llava4j.server.http.Handler;
import llava4j.server.request.Fields;
import llava4j.server.request.Json;
import llava4j.server.request.Refusal;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// `/api/embed`: texts to points of length 1, as `/v1/embeddings` gives them.
final class OllamaEmbed implements Handler {
  private static final String INPUT = "input";

  private final Models models;

  OllamaEmbed(Models models) {
    this.models = models;
  }

  @Override
  public void handle(Exchange exchange) throws InterruptedException {
    long began = System.nanoTime();
    Fields fields = Json.read(exchange.body());
    Engine engine = models.find(Optional.of(fields.requiredText("model")));
    List<String> inputs = inputs(fields, Embedding.mostTexts(engine.facts().dim()));
    // Ollama cuts what is too long, unless told not to
    boolean cut = fields.flag("truncate").orElse(true);
    int most = engine.facts().contextLength();
    Embedding.requireOwnDim(fields, engine.facts().dim());
    fields.object("options").ifPresent(OllamaEmbed::requireNoEffect);
    boolean unload = OllamaReader.isUnload(fields);
    fields.requireNoOther();
    List<Function<Llava, int[]>> texts = new ArrayList<>();
    for (String input : inputs) {
      texts.add(llava -> {
        int[] tokens = llava.plainTokens(input);
        return cut && tokens.length > most ? Arrays.copyOf(tokens, most) : tokens;
      });
    }
    Embedding work = engine.embed(texts, exchange.caller());
    exchange.whenGone(work::cancel);
    ObjectNode body = answer(engine, work.await());
    if (unload) {
      engine.unload();
    }
    exchange.json(200, body.put("total_duration", System.nanoTime() - began));
  }

  private static ObjectNode answer(Engine engine, List<TextEmbedding> embeddings) {
    ObjectNode body = Json.object().put("model", engine.model().tagged());
    ArrayNode all = body.putArray("embeddings");
    int tokens = 0;
    for (TextEmbedding embedding : embeddings) {
      ArrayNode values = all.addArray();
      for (float value : embedding.values()) {
        values.add(value);
      }
      tokens += embedding.tokens();
    }
    return body.put("load_duration", 0).put("prompt_eval_count", tokens);
  }

  /// A text or several. None, or a text without letters, has no embedding and only loads the model,
  /// as in Ollama.
  private static List<String> inputs(Fields fields, int most) {
    JsonNode input = fields.any(INPUT).orElseThrow(() -> fields.missing(INPUT));
    if (input.isString()) {
      return input.stringValue().isEmpty() ? List.of() : List.of(input.stringValue());
    }
    if (!input.isArray()) {
      throw Refusal.badField(INPUT, "input must be a text or a list of texts; correct it");
    }
    List<JsonNode> items = fields.list(INPUT);
    if (items.size() > most) {
      throw Refusal.badField(
          INPUT,
          "input must have at most "
              + most
              + " texts, not "
              + items.size()
              + "; send the others in another request");
    }
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      String place = INPUT + "[" + i + "]";
      if (!items.get(i).isString() || items.get(i).stringValue().isEmpty()) {
        throw Refusal.badField(place, place + " must be a text that is not empty; correct it");
      }
      texts.add(items.get(i).stringValue());
    }
    return texts;
  }

  private static void requireNoEffect(Fields options) {
    OllamaReader.allowMachine(options);
    options.requireNoOther();
  }
}
