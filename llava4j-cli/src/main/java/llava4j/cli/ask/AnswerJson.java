package llava4j.cli.ask;

import java.util.Locale;
import llava4j.ChatResponse;
import llava4j.Llava;
import llava4j.generate.Generation;
import llava4j.generate.Generation.LogProb;
import llava4j.generate.Generation.TokenLogProbs;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes a response as one JSON object.
final class AnswerJson {
  private AnswerJson() {}

  static String of(Llava llava, ChatResponse response) {
    JsonMapper json = new JsonMapper();
    ObjectNode root = json.createObjectNode();
    root.put("model", llava.name());
    root.put("answer", response.text());
    ArrayNode answers = root.putArray("answers");
    for (Generation answer : response.answers()) {
      ObjectNode node = answers.addObject();
      node.put("text", answer.text().strip());
      node.put("finish_reason", answer.finishReason().name().toLowerCase(Locale.ROOT));
      node.put("tokens", answer.ids().length);
      if (!answer.logProbs().isEmpty()) {
        addLogProbs(node.putArray("logprobs"), llava, answer);
      }
    }
    ObjectNode usage = root.putObject("usage");
    usage.put("prompt_tokens", response.promptTokens());
    usage.put("image_tokens", response.imageTokens());
    usage.put("answer_tokens", response.answerTokens());
    ObjectNode seconds = root.putObject("seconds");
    seconds.put("image_encoding", response.timing().imageEncoding().toNanos() / 1e9);
    seconds.put("first_token", response.timing().firstToken().toNanos() / 1e9);
    seconds.put("total", response.timing().total().toNanos() / 1e9);
    return json.writerWithDefaultPrettyPrinter().writeValueAsString(root);
  }

  private static void addLogProbs(ArrayNode array, Llava llava, Generation answer) {
    for (TokenLogProbs step : answer.logProbs()) {
      ObjectNode node = array.addObject();
      put(node, llava, step.chosen());
      ArrayNode top = node.putArray("top");
      step.top().forEach(alternative -> put(top.addObject(), llava, alternative));
    }
  }

  private static void put(ObjectNode node, Llava llava, LogProb logProb) {
    node.put("id", logProb.id());
    node.put("token", llava.tokenizer().decode(new int[] {logProb.id()}, false));
    node.put("logprob", logProb.value());
  }
}
