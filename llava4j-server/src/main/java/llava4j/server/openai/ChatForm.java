package llava4j.server.openai;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import llava4j.ChatResponse;
import llava4j.generate.Generation;
import llava4j.generate.Trimmed;
import llava4j.server.request.Json;
import llava4j.server.request.Refusal;
import llava4j.server.request.ServedModel;
import tools.jackson.databind.node.ObjectNode;

/// Answers of `/v1/chat/completions`: the text is that of `llava ask`, without white space around
/// it.
final class ChatForm implements AnswerForm {
  private final ServedModel model;
  private final AnswerJson json;

  ChatForm(ServedModel model, AnswerJson json) {
    this.model = model;
    this.json = json;
  }

  @Override
  public ObjectNode whole(ChatCall call, String id, ChatResponse response) {
    ObjectNode body = head(id, "chat.completion", Instant.now().getEpochSecond());
    var choices = body.putArray("choices");
    for (int i = 0; i < response.answers().size(); i++) {
      Generation answer = response.answers().get(i);
      ObjectNode choice = choices.addObject();
      choice.put("index", i);
      ObjectNode message = choice.putObject("message");
      message.put("role", "assistant");
      message.put("content", answer.text().strip());
      message.putNull("refusal");
      putEnd(call, choice, answer);
    }
    AnswerJson.putUsage(body, response);
    return body;
  }

  @Override
  public Pieces pieces(ChatCall call, String id) {
    return new ChatPieces(call, id);
  }

  private ObjectNode head(String id, String object, long created) {
    ObjectNode body = Json.object();
    body.put("id", "chatcmpl-" + id);
    body.put("object", object);
    body.put("created", created);
    body.put("model", model.name());
    return body;
  }

  private void putEnd(ChatCall call, ObjectNode choice, Generation answer) {
    if (call.wantsLogProbs()) {
      json.putLogProbs(choice, answer);
    } else {
      choice.putNull("logprobs");
    }
    choice.put("finish_reason", AnswerJson.finishReason(answer.finishReason()));
  }

  private final class ChatPieces implements Pieces {
    private final ChatCall call;
    private final String id;
    private final long created = Instant.now().getEpochSecond();
    private final List<Trimmed> texts;

    ChatPieces(ChatCall call, String id) {
      this.call = call;
      this.id = id;
      this.texts = IntStream.range(0, call.answers()).mapToObj(_ -> new Trimmed()).toList();
    }

    @Override
    public List<ObjectNode> first() {
      List<ObjectNode> pieces = new ArrayList<>();
      for (int i = 0; i < texts.size(); i++) {
        ObjectNode body = head();
        ObjectNode choice = choice(body, i);
        choice.putObject("delta").put("role", "assistant").put("content", "");
        putOpen(choice);
        pieces.add(body);
      }
      return pieces;
    }

    @Override
    public List<ObjectNode> text(int answer, String text) {
      String inside = texts.get(answer).accept(text);
      if (inside.isEmpty()) {
        return List.of();
      }
      ObjectNode body = head();
      ObjectNode choice = choice(body, answer);
      choice.putObject("delta").put("content", inside);
      putOpen(choice);
      return List.of(body);
    }

    @Override
    public List<ObjectNode> last(ChatResponse response) {
      List<ObjectNode> pieces = new ArrayList<>();
      for (int i = 0; i < response.answers().size(); i++) {
        ObjectNode body = head();
        ObjectNode choice = choice(body, i);
        choice.putObject("delta");
        putEnd(call, choice, response.answers().get(i));
        pieces.add(body);
      }
      if (call.usageStreamed()) {
        ObjectNode body = head();
        body.putArray("choices");
        AnswerJson.putUsage(body, response);
        pieces.add(body);
      }
      return pieces;
    }

    @Override
    public ObjectNode failed(Refusal refusal) {
      return AnswerJson.error(refusal);
    }

    private ObjectNode head() {
      ObjectNode body = ChatForm.this.head(id, "chat.completion.chunk", created);
      if (call.usageStreamed()) {
        body.putNull("usage");
      }
      return body;
    }

    private ObjectNode choice(ObjectNode body, int index) {
      return body.putArray("choices").addObject().put("index", index);
    }

    private void putOpen(ObjectNode choice) {
      choice.putNull("logprobs");
      choice.putNull("finish_reason");
    }
  }
}
