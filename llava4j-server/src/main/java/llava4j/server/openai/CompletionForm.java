package llava4j.server.openai;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import llava4j.ChatResponse;
import llava4j.generate.Generation;
import llava4j.server.request.Json;
import llava4j.server.request.Refusal;
import llava4j.server.request.ServedModel;
import tools.jackson.databind.node.ObjectNode;

/// Answers of `/v1/completions`: text as it follows the prompt.
final class CompletionForm implements AnswerForm {
  private final ServedModel model;
  private final AnswerJson json;

  CompletionForm(ServedModel model, AnswerJson json) {
    this.model = model;
    this.json = json;
  }

  @Override
  public ObjectNode whole(ChatCall call, String id, ChatResponse response) {
    ObjectNode body = head(id, Instant.now().getEpochSecond());
    var choices = body.putArray("choices");
    for (int i = 0; i < response.answers().size(); i++) {
      Generation answer = response.answers().get(i);
      putEnd(call, choices.addObject().put("index", i).put("text", answer.text()), answer);
    }
    AnswerJson.putUsage(body, response);
    return body;
  }

  @Override
  public Pieces pieces(ChatCall call, String id) {
    long created = Instant.now().getEpochSecond();
    return new Pieces() {
      @Override
      public List<ObjectNode> first() {
        return List.of();
      }

      @Override
      public List<ObjectNode> text(int answer, String text) {
        ObjectNode body = piece();
        ObjectNode choice = body.putArray("choices").addObject();
        choice.put("index", answer).put("text", text);
        choice.putNull("logprobs");
        choice.putNull("finish_reason");
        return List.of(body);
      }

      @Override
      public List<ObjectNode> last(ChatResponse response) {
        List<ObjectNode> pieces = new ArrayList<>();
        for (int i = 0; i < response.answers().size(); i++) {
          ObjectNode body = piece();
          ObjectNode choice = body.putArray("choices").addObject();
          putEnd(call, choice.put("index", i).put("text", ""), response.answers().get(i));
          pieces.add(body);
        }
        if (call.usageStreamed()) {
          ObjectNode body = head(id, created);
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

      private ObjectNode piece() {
        ObjectNode body = head(id, created);
        if (call.usageStreamed()) {
          body.putNull("usage");
        }
        return body;
      }
    };
  }

  private ObjectNode head(String id, long created) {
    ObjectNode body = Json.object();
    body.put("id", "cmpl-" + id);
    body.put("object", "text_completion");
    body.put("created", created);
    body.put("model", model.name());
    return body;
  }

  private void putEnd(ChatCall call, ObjectNode choice, Generation answer) {
    if (call.wantsLogProbs()) {
      json.putOldLogProbs(choice, answer);
    } else {
      choice.putNull("logprobs");
    }
    choice.put("finish_reason", AnswerJson.finishReason(answer.finishReason()));
  }
}
