package llava4j.server.openai;

import java.util.Optional;
import llava4j.server.engine.Engine;
import llava4j.server.engine.EngineLimits;
import llava4j.server.engine.Models;
import llava4j.server.http.Exchange;
import llava4j.server.http.Routes;
import llava4j.server.request.AnswerFormat;
import llava4j.server.request.Fields;
import llava4j.server.request.Json;
import llava4j.server.request.Refusal;
import llava4j.text.tokenizer.Tokenizer;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The paths of OpenAI's API, and `/tokenize` as vLLM and llama.cpp have it.
public final class OpenAiApi {
  private static final String MODELS = "/v1/models";

  private final Models models;
  private final AnswerFormat formats;

  public OpenAiApi(Models models, AnswerFormat formats) {
    this.models = models;
    this.formats = formats;
  }

  public void addTo(Routes routes) {
    EngineLimits limits = models.first().limits();
    Images images = new Images(limits.images(), limits.fetch().allowUrls());
    CallReader reader = new CallReader(new MessageReader(images), formats);
    ResponsesReader responses = new ResponsesReader(new ItemReader(images), formats);
    routes
        .post("/v1/chat/completions", new Answering(models, reader::chat, ChatForm::new))
        .post("/v1/completions", new Answering(models, reader::completion, CompletionForm::new))
        .post("/v1/responses", new Answering(models, responses::read, ResponseForm::new))
        .post("/v1/embeddings", new Embeddings(models))
        .get(MODELS, this::models)
        .getBelow(MODELS + "/", this::model)
        .post("/tokenize", this::tokenize);
  }

  private void models(Exchange exchange) throws InterruptedException {
    ObjectNode body = Json.object().put("object", "list");
    ArrayNode data = body.putArray("data");
    models.all().forEach(engine -> data.add(describe(engine)));
    exchange.json(200, body);
  }

  private void model(Exchange exchange) throws InterruptedException {
    String name = exchange.path().substring(MODELS.length() + 1);
    exchange.json(200, describe(models.find(Optional.of(name))));
  }

  private static ObjectNode describe(Engine engine) {
    ObjectNode body =
        Json.object()
            .put("id", engine.model().name())
            .put("object", "model")
            .put("created", engine.model().since().getEpochSecond())
            .put("owned_by", "llava4j");
    ArrayNode capabilities = body.putArray("capabilities");
    engine.capabilities().forEach(capabilities::add);
    return body.put("context_length", engine.facts().contextLength())
        .put("loaded", engine.isLoaded());
  }

  private void tokenize(Exchange exchange) throws InterruptedException {
    Fields fields = Json.read(exchange.body());
    Engine engine = models.find(fields.text("model"));
    Optional<String> prompt = fields.text("prompt");
    Optional<String> content = fields.text("content");
    if (prompt.isPresent() == content.isPresent()) {
      throw Refusal.badField("prompt", "give one text, as prompt or as content");
    }
    boolean special = fields.flag("add_special_tokens").orElse(false);
    fields.requireNoOther();
    Tokenizer tokenizer = engine.tokenizer();
    int[] ids = tokenizer.encode(prompt.or(() -> content).orElseThrow(), special);
    ObjectNode body = Json.object();
    ArrayNode tokens = body.putArray("tokens");
    for (int id : ids) {
      tokens.add(id);
    }
    body.put("count", ids.length);
    body.put("max_model_len", engine.facts().contextLength());
    exchange.json(200, body);
  }
}
