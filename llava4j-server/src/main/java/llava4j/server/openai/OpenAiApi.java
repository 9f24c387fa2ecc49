package llava4j.server.openai;

import java.util.Optional;
import llava4j.server.engine.Engine;
import llava4j.server.http.Exchange;
import llava4j.server.http.Routes;
import llava4j.server.request.AnswerFormat;
import llava4j.server.request.Fields;
import llava4j.server.request.Json;
import llava4j.server.request.Refusal;
import llava4j.server.request.ServedModel;
import llava4j.text.tokenizer.Tokenizer;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The paths of OpenAI's API, and `/tokenize` as vLLM and llama.cpp have it.
public final class OpenAiApi {
  private static final String MODELS = "/v1/models";

  private final Engine engine;
  private final ServedModel model;
  private final AnswerFormat formats;

  public OpenAiApi(Engine engine, ServedModel model, AnswerFormat formats) {
    this.engine = engine;
    this.formats = formats;
    this.model = model;
  }

  public void addTo(Routes routes) {
    AnswerJson json = new AnswerJson(engine.llava().tokenizer());
    Images images = new Images(engine.limits().images(), engine.limits().fetch().allowUrls());
    CallReader reader = new CallReader(model, new MessageReader(images), formats);
    ResponsesReader responses = new ResponsesReader(model, new ItemReader(images), formats);
    routes
        .post(
            "/v1/chat/completions", new Answering(engine, reader::chat, new ChatForm(model, json)))
        .post(
            "/v1/completions",
            new Answering(engine, reader::completion, new CompletionForm(model, json)))
        .post(
            "/v1/responses", new Answering(engine, responses::read, new ResponseForm(model, json)))
        .post("/v1/embeddings", new Embeddings(engine, model))
        .get(MODELS, this::models)
        .getBelow(MODELS + "/", this::model)
        .post("/tokenize", this::tokenize);
  }

  private void models(Exchange exchange) throws InterruptedException {
    ObjectNode body = Json.object().put("object", "list");
    body.putArray("data").add(describe());
    exchange.json(200, body);
  }

  private void model(Exchange exchange) throws InterruptedException {
    model.require(Optional.of(exchange.path().substring(MODELS.length() + 1)));
    exchange.json(200, describe());
  }

  private ObjectNode describe() {
    return Json.object()
        .put("id", model.name())
        .put("object", "model")
        .put("created", model.loaded().getEpochSecond())
        .put("owned_by", "llava4j");
  }

  private void tokenize(Exchange exchange) throws InterruptedException {
    Fields fields = Json.read(exchange.body());
    model.require(fields.text("model"));
    Optional<String> prompt = fields.text("prompt");
    Optional<String> content = fields.text("content");
    if (prompt.isPresent() == content.isPresent()) {
      throw Refusal.badField("prompt", "give one text, as prompt or as content");
    }
    boolean special = fields.flag("add_special_tokens").orElse(false);
    fields.requireNoOther();
    Tokenizer tokenizer = engine.llava().tokenizer();
    int[] ids = tokenizer.encode(prompt.or(() -> content).orElseThrow(), special);
    ObjectNode body = Json.object();
    ArrayNode tokens = body.putArray("tokens");
    for (int id : ids) {
      tokens.add(id);
    }
    body.put("count", ids.length);
    body.put("max_model_len", engine.llava().model().config().contextLength());
    exchange.json(200, body);
  }
}
