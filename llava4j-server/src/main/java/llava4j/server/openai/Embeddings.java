package llava4j.server.openai;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;
import llava4j.Llava;
import llava4j.TextEmbedding;
import llava4j.server.engine.Embedding;
import llava4j.server.engine.Engine;
import llava4j.server.engine.Models;
import llava4j.server.http.Exchange;
import llava4j.server.http.Handler;
import llava4j.server.request.Fields;
import llava4j.server.request.Fields.Kind;
import llava4j.server.request.Json;
import llava4j.server.request.Refusal;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// `/v1/embeddings`: texts, or texts as tokens, to points of length 1.
final class Embeddings implements Handler {
  private static final String INPUT = "input";

  private final Models models;

  Embeddings(Models models) {
    this.models = models;
  }

  @Override
  public void handle(Exchange exchange) throws InterruptedException {
    Fields fields = Json.read(exchange.body());
    Engine engine = models.find(fields.text("model"));
    int dim = engine.facts().dim();
    List<Function<Llava, int[]>> texts = texts(fields, Embedding.mostTexts(dim));
    boolean base64 = isBase64(fields);
    Embedding.requireOwnDim(fields, dim);
    fields.allow(Kind.TEXT, "user");
    fields.requireNoOther();
    Embedding work = engine.embed(texts, exchange.caller());
    exchange.whenGone(work::cancel);
    exchange.json(200, answer(engine, work.await(), base64));
  }

  private static ObjectNode answer(Engine engine, List<TextEmbedding> embeddings, boolean base64) {
    ObjectNode body = Json.object().put("object", "list");
    ArrayNode data = body.putArray("data");
    int tokens = 0;
    for (int i = 0; i < embeddings.size(); i++) {
      TextEmbedding embedding = embeddings.get(i);
      ObjectNode one = data.addObject().put("object", "embedding").put("index", i);
      if (base64) {
        one.put("embedding", encoded(embedding.values()));
      } else {
        ArrayNode values = one.putArray("embedding");
        for (float value : embedding.values()) {
          values.add(value);
        }
      }
      tokens += embedding.tokens();
    }
    body.put("model", engine.model().name());
    body.putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
    return body;
  }

  /// Floats of 4 bytes, the lowest first.
  private static String encoded(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length);
    bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  private static boolean isBase64(Fields fields) {
    String format = fields.text("encoding_format").orElse("float");
    if (!format.equals("float") && !format.equals("base64")) {
      throw Refusal.badField(
          "encoding_format", "encoding_format must be float or base64; correct it");
    }
    return format.equals("base64");
  }

  /// A text, several, the tokens of one, or those of several.
  ///
  /// @param most texts of which the embeddings fit into one answer
  private static List<Function<Llava, int[]>> texts(Fields fields, int most) {
    JsonNode input = fields.any(INPUT).orElseThrow(() -> fields.missing(INPUT));
    if (input.isString()) {
      return List.of(tokens(input, INPUT));
    }
    if (!input.isArray()) {
      throw Refusal.badField(
          INPUT, "input must be a text, a list of texts, or the tokens of texts; correct it");
    }
    List<JsonNode> items = fields.list(INPUT);
    if (!items.isEmpty() && items.getFirst().isNumber()) {
      return List.of(tokens(input, INPUT));
    }
    if (items.isEmpty() || items.size() > most) {
      String remedy = items.isEmpty() ? "add one" : "send the others in another request";
      throw Refusal.badField(
          INPUT, "input must have 1 to " + most + " texts, not " + items.size() + "; " + remedy);
    }
    List<Function<Llava, int[]>> texts = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      texts.add(tokens(items.get(i), INPUT + "[" + i + "]"));
    }
    return texts;
  }

  /// What makes the tokens, when the model is loaded.
  private static Function<Llava, int[]> tokens(JsonNode text, String place) {
    if (text.isString() && !text.stringValue().isEmpty()) {
      return llava -> llava.plainTokens(text.stringValue());
    }
    if (!text.isArray() || text.isEmpty() || !text.valueStream().allMatch(JsonNode::isInt)) {
      throw Refusal.badField(
          place, place + " must be a text that is not empty, or a list of tokens; correct it");
    }
    int[] ids = text.valueStream().mapToInt(JsonNode::intValue).toArray();
    return _ -> ids;
  }
}
