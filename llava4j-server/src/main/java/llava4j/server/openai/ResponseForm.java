package llava4j.server.openai;

import java.time.Instant;
import java.util.List;
import llava4j.ChatResponse;
import llava4j.generate.FinishReason;
import llava4j.generate.Generation;
import llava4j.generate.Trimmed;
import llava4j.server.request.Json;
import llava4j.server.request.Refusal;
import llava4j.server.request.ServedModel;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Answers of `/v1/responses`: one message with one text. Its fields are those of Open Responses.
final class ResponseForm implements AnswerForm {
  private static final String COMPLETED = "completed";
  private static final String INCOMPLETE = "incomplete";
  private static final String IN_PROGRESS = "in_progress";

  private final ServedModel model;
  private final AnswerJson json;

  ResponseForm(ServedModel model, AnswerJson json) {
    this.model = model;
    this.json = json;
  }

  @Override
  public ObjectNode whole(ChatCall call, String id, ChatResponse response) {
    return ended(call, id, Instant.now().getEpochSecond(), response);
  }

  @Override
  public Pieces pieces(ChatCall call, String id) {
    return new Events(call, id);
  }

  private ObjectNode ended(ChatCall call, String id, long created, ChatResponse response) {
    Generation answer = response.answers().getFirst();
    boolean cut = isCut(answer);
    ObjectNode body = head(call, id, created, cut ? INCOMPLETE : COMPLETED);
    if (cut) {
      body.putObject("incomplete_details").put("reason", "max_output_tokens");
    } else {
      body.put("completed_at", Instant.now().getEpochSecond());
    }
    body.putArray("output").add(item(call, id, answer));
    ObjectNode usage = body.putObject("usage");
    usage.put("input_tokens", response.promptTokens());
    usage
        .putObject("input_tokens_details")
        .put("cached_tokens", response.cachedTokens())
        .put("cache_write_tokens", response.promptTokens() - response.cachedTokens())
        .put("image_tokens", response.imageTokens());
    usage.put("output_tokens", response.answerTokens());
    usage.putObject("output_tokens_details").put("reasoning_tokens", 0);
    usage.put("total_tokens", response.promptTokens() + response.answerTokens());
    return body;
  }

  private static boolean isCut(Generation answer) {
    return answer.finishReason() == FinishReason.MAX_TOKENS
        || answer.finishReason() == FinishReason.CONTEXT_FULL;
  }

  /// A response without an answer yet.
  private ObjectNode head(ChatCall call, String id, long created, String status) {
    ObjectNode body = Json.object();
    body.put("id", "resp_" + id);
    body.put("object", "response");
    body.put("created_at", created);
    body.putNull("completed_at");
    body.put("status", status);
    body.putNull("incomplete_details");
    body.putNull("error");
    body.put("model", model.name());
    body.putArray("output");
    body.putNull("usage");
    body.setAll(call.repeated());
    // what cannot be asked for has one value
    body.putNull("previous_response_id");
    body.putArray("tools");
    body.put("truncation", "disabled");
    body.put("presence_penalty", 0);
    body.put("frequency_penalty", 0);
    body.putNull("reasoning");
    body.putNull("max_tool_calls");
    body.put("store", false);
    body.put("background", false);
    body.put("service_tier", "default");
    return body;
  }

  private ObjectNode item(ChatCall call, String id, Generation answer) {
    ObjectNode item = emptyItem(id, isCut(answer) ? INCOMPLETE : COMPLETED);
    ((ArrayNode) item.get("content")).add(part(answer.text().strip(), logProbs(call, answer)));
    return item;
  }

  private static ObjectNode emptyItem(String id, String status) {
    ObjectNode item = Json.object();
    item.put("type", "message");
    item.put("id", "msg_" + id);
    item.put("status", status);
    item.put("role", "assistant");
    item.putArray("content");
    return item;
  }

  private static ObjectNode part(String text, ArrayNode logProbs) {
    ObjectNode part = Json.object().put("type", "output_text").put("text", text);
    part.putArray("annotations");
    part.set("logprobs", logProbs);
    return part;
  }

  private ArrayNode logProbs(ChatCall call, Generation answer) {
    return call.wantsLogProbs() ? json.logProbs(answer) : Json.list();
  }

  private final class Events implements Pieces {
    private final ChatCall call;
    private final String id;
    private final long created = Instant.now().getEpochSecond();
    private final Trimmed text = new Trimmed();
    private int number;

    Events(ChatCall call, String id) {
      this.call = call;
      this.id = id;
    }

    @Override
    public List<ObjectNode> first() {
      ObjectNode added = event("response.output_item.added").put("output_index", 0);
      added.set("item", emptyItem(id, IN_PROGRESS));
      ObjectNode part = ofText("response.content_part.added");
      part.set("part", part("", Json.list()));
      return List.of(
          ofResponse("response.created", head(call, id, created, IN_PROGRESS)),
          ofResponse("response.in_progress", head(call, id, created, IN_PROGRESS)),
          numbered(added),
          numbered(part));
    }

    @Override
    public List<ObjectNode> text(int answer, String piece) {
      String inside = text.accept(piece);
      if (inside.isEmpty()) {
        return List.of();
      }
      ObjectNode delta = ofText("response.output_text.delta").put("delta", inside);
      delta.putArray("logprobs"); // all of them come with the whole text
      return List.of(numbered(delta));
    }

    @Override
    public List<ObjectNode> last(ChatResponse response) {
      Generation answer = response.answers().getFirst();
      String whole = answer.text().strip();
      ObjectNode done = ofText("response.output_text.done").put("text", whole);
      done.set("logprobs", logProbs(call, answer));
      ObjectNode part = ofText("response.content_part.done");
      part.set("part", part(whole, logProbs(call, answer)));
      ObjectNode item = event("response.output_item.done").put("output_index", 0);
      item.set("item", item(call, id, answer));
      return List.of(
          numbered(done),
          numbered(part),
          numbered(item),
          ofResponse(
              isCut(answer) ? "response.incomplete" : "response.completed",
              ended(call, id, created, response)));
    }

    @Override
    public ObjectNode failed(Refusal refusal) {
      ObjectNode body = head(call, id, created, "failed");
      body.putObject("error").put("code", "server_error").put("message", refusal.getMessage());
      return ofResponse("response.failed", body);
    }

    private ObjectNode ofResponse(String type, ObjectNode response) {
      ObjectNode event = event(type);
      event.set("response", response);
      return numbered(event);
    }

    private ObjectNode ofText(String type) {
      return event(type).put("item_id", "msg_" + id).put("output_index", 0).put("content_index", 0);
    }

    private static ObjectNode event(String type) {
      return Json.object().put("type", type);
    }

    private ObjectNode numbered(ObjectNode event) {
      return event.put("sequence_number", number++);
    }
  }
}
