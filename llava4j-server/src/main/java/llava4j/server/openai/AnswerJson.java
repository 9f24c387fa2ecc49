package llava4j.server.openai;

import java.nio.charset.StandardCharsets;
import java.util.List;
import llava4j.ChatResponse;
import llava4j.generate.FinishReason;
import llava4j.generate.Generation;
import llava4j.generate.Generation.LogProb;
import llava4j.generate.Generation.TokenLogProbs;
import llava4j.server.request.Json;
import llava4j.server.request.Refusal;
import llava4j.text.tokenizer.Tokenizer;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Parts of answers that all of OpenAI's forms have in common.
final class AnswerJson {
  private final Tokenizer tokenizer;
  private final int before;
  private final int beforeLength;

  AnswerJson(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    int[] ids = tokenizer.encode("a", false);
    this.before = ids[ids.length - 1];
    this.beforeLength = tokenizer.decode(new int[] {before}, false).length();
  }

  static String finishReason(FinishReason reason) {
    return switch (reason) {
      case END, STOP_STRING -> "stop";
      case MAX_TOKENS, CONTEXT_FULL -> "length";
      case CANCELLED -> "stop"; // never sent: nobody waits for it
    };
  }

  /// What a stream says when it cannot go on.
  static ObjectNode error(Refusal refusal) {
    ObjectNode body = Json.object();
    ObjectNode error = body.putObject("error");
    error.put("message", refusal.getMessage());
    error.put("type", refusal.reason().type());
    error.putNull("param");
    error.putNull("code");
    return body;
  }

  /// Tokens of prompt and answers. Those of images are part of the prompt's and counted by
  /// themselves, too.
  static void putUsage(ObjectNode body, ChatResponse response) {
    ObjectNode usage = body.putObject("usage");
    usage.put("prompt_tokens", response.promptTokens());
    usage.put("completion_tokens", response.answerTokens());
    usage.put("total_tokens", response.promptTokens() + response.answerTokens());
    ObjectNode details = usage.putObject("prompt_tokens_details");
    details.put("cached_tokens", response.cachedTokens());
    details.put("image_tokens", response.imageTokens());
  }

  /// Puts them as `/v1/chat/completions` does.
  void putLogProbs(ObjectNode choice, Generation answer) {
    ObjectNode logProbs = choice.putObject("logprobs");
    logProbs.set("content", logProbs(answer));
    logProbs.putNull("refusal"); // OpenAI's description requires it
  }

  /// The log-probabilities of an answer's text, without the token that ended it.
  ArrayNode logProbs(Generation answer) {
    ArrayNode content = Json.list();
    for (TokenLogProbs step : steps(answer)) {
      ObjectNode token = content.addObject();
      put(token, step.chosen());
      ArrayNode top = token.putArray("top_logprobs");
      step.top().forEach(alternative -> put(top.addObject(), alternative));
    }
    return content;
  }

  /// The same in the form of `/v1/completions`.
  void putOldLogProbs(ObjectNode choice, Generation answer) {
    ObjectNode logProbs = choice.putObject("logprobs");
    ArrayNode tokens = logProbs.putArray("tokens");
    ArrayNode values = logProbs.putArray("token_logprobs");
    ArrayNode top = logProbs.putArray("top_logprobs");
    ArrayNode offsets = logProbs.putArray("text_offset");
    int offset = 0;
    for (TokenLogProbs step : steps(answer)) {
      String text = text(step.chosen().id());
      tokens.add(text);
      values.add(step.chosen().value());
      offsets.add(offset);
      offset += text.length();
      ObjectNode alternatives = top.addObject();
      step.top().forEach(one -> alternatives.put(text(one.id()), one.value()));
    }
  }

  private static List<TokenLogProbs> steps(Generation answer) {
    List<TokenLogProbs> all = answer.logProbs();
    return answer.finishReason() == FinishReason.END && !all.isEmpty()
        ? all.subList(0, all.size() - 1)
        : all;
  }

  private void put(ObjectNode node, LogProb logProb) {
    String text = text(logProb.id());
    node.put("token", text);
    node.put("logprob", logProb.value());
    if (text.indexOf('\uFFFD') >= 0) {
      node.putNull("bytes"); // a part of a character has no text
    } else {
      ArrayNode bytes = node.putArray("bytes");
      for (byte one : text.getBytes(StandardCharsets.UTF_8)) {
        bytes.add(one & 0xFF);
      }
    }
  }

  /// The text of a token within a sentence: at the beginning it would lose its blank.
  private String text(int id) {
    String both = tokenizer.decode(new int[] {before, id}, false);
    return both.substring(Math.min(beforeLength, both.length()));
  }
}
