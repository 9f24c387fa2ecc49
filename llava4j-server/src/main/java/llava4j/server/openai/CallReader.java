package llava4j.server.openai;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import llava4j.constraint.Constraint;
import llava4j.generate.GenerationOptions;
import llava4j.server.engine.Question;
import llava4j.server.request.AnswerFormat;
import llava4j.server.request.Fields;
import llava4j.server.request.Fields.Kind;
import llava4j.server.request.Json;
import llava4j.server.request.Refusal;
import llava4j.server.request.Sampling;

/// Reads the bodies of `/v1/chat/completions` and `/v1/completions`, but for their `model`. A field
/// of OpenAI's API that this server does not have is refused if the answer depended on it.
final class CallReader {
  private static final int MOST_TOKENS = 1_000_000;
  private static final int MOST_ANSWERS = 64;
  static final int MOST_TOP = 20;

  private final MessageReader messages;
  private final AnswerFormat formats;

  CallReader(MessageReader messages, AnswerFormat formats) {
    this.formats = formats;
    this.messages = messages;
  }

  /// A body of `/v1/chat/completions`.
  ChatCall chat(Fields fields) {
    fields.refuse(
        "LLaVA-1.5 has not learned to call tools", "tools", "functions", "web_search_options");
    fields.refuseUnless("tool_choice", Set.of("none", "auto"), "there are no tools");
    fields.refuseUnless("function_call", Set.of("none", "auto"), "there are no tools");
    fields.refuse("answers are text", "audio");
    fields.refuse("LLaVA-1.5 does not reason before it answers", "reasoning_effort");
    fields.refuse("the length is set with max_completion_tokens", "verbosity");
    if (fields.list("modalities").stream()
        .anyMatch(one -> !one.isString() || !one.stringValue().equals("text"))) {
      throw Refusal.badField("modalities", "modalities can be [\"text\"] only; leave it out");
    }
    // speculation does not change an answer; parallel_tool_calls is about tools, and there are none
    fields.allow(Kind.OBJECT, "prediction");
    fields.allow(Kind.FLAG, "parallel_tool_calls");
    Optional<Constraint> form = formats.ofOpenAi(fields);
    boolean logProbs = fields.flag("logprobs").orElse(false);
    OptionalInt top = fields.integer("top_logprobs", 0, MOST_TOP);
    if (top.isPresent() && top.getAsInt() > 0 && !logProbs) {
      throw Refusal.badField("top_logprobs", "top_logprobs needs logprobs: true; set it");
    }
    OptionalInt tokens = maxTokens(fields);
    GenerationOptions plain = sampling(fields, tokens, logProbs ? top.orElse(0) : -1).toOptions();
    GenerationOptions options = form.map(plain::withConstraint).orElse(plain);
    return finish(fields, messages.read(fields).question(options), "messages");
  }

  /// A body of `/v1/completions`.
  ChatCall completion(Fields fields) {
    fields.refuse("this server continues a prompt and does not fill gaps", "suffix");
    if (fields.integer("best_of", 1, MOST_ANSWERS).orElse(1) > 1) {
      throw Refusal.badField("best_of", "best_of cannot be above 1; use n");
    }
    fields.refuse("the prompt is not part of the answer here", "echo");
    int top = fields.integer("logprobs", 0, MOST_TOP).orElse(-1);
    String prompt = fields.requiredText("prompt");
    if (prompt.isEmpty()) {
      throw Refusal.badField("prompt", "prompt is empty; give a text to continue");
    }
    Optional<Constraint> form = formats.ofOpenAi(fields);
    OptionalInt tokens = tokens(fields, "max_tokens");
    GenerationOptions plain = sampling(fields, tokens, top).toOptions();
    GenerationOptions options = form.map(plain::withConstraint).orElse(plain);
    return finish(fields, new Question.Text(prompt, options), "prompt");
  }

  private static Sampling sampling(Fields fields, OptionalInt tokens, int topLogProbs) {
    fields.refuse("use repetition_penalty", "frequency_penalty", "presence_penalty");
    fields.refuse("tokens cannot be weighted", "logit_bias");
    int answers = fields.integer("n", 1, MOST_ANSWERS).orElse(1);
    return sampling(fields, tokens, fields.texts("stop"), answers, topLogProbs);
  }

  static Sampling sampling(
      Fields fields, OptionalInt tokens, List<String> stops, int answers, int topLogProbs) {
    return new Sampling(
        tokens,
        fields.number("temperature", 0, Sampling.HOTTEST),
        fields.positive("top_p", 1),
        fields.integer("top_k", 0, Integer.MAX_VALUE),
        fields.number("min_p", 0, 1),
        fields.positive("repetition_penalty", Sampling.MOST_PENALTY),
        fields.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE),
        stops,
        answers,
        topLogProbs);
  }

  /// The most tokens of an answer.
  static OptionalInt tokens(Fields fields, String name) {
    return fields.integer(name, 1, MOST_TOKENS);
  }

  private static OptionalInt maxTokens(Fields fields) {
    OptionalInt old = tokens(fields, "max_tokens");
    OptionalInt current = tokens(fields, "max_completion_tokens");
    if (old.isPresent() && current.isPresent() && old.getAsInt() != current.getAsInt()) {
      throw Refusal.badField(
          "max_completion_tokens",
          "max_tokens and max_completion_tokens are two numbers for the same; give one");
    }
    return current.isPresent() ? current : old;
  }

  private static ChatCall finish(Fields fields, Question question, String asked) {
    boolean streamed = isStreamed(fields);
    boolean usage = streamOptions(fields).map(CallReader::wantsUsage).orElse(false);
    fields.refuse("nothing is stored here", "store");
    fields.allow(Kind.TEXT, "user", "safety_identifier", "prompt_cache_key");
    allowAsker(fields);
    fields.requireNoOther();
    return new ChatCall(question, asked, streamed, usage, Json.object());
  }

  /// Who asks, and what for: nothing of it reaches the model.
  static void allowAsker(Fields fields) {
    fields.allow(Kind.TEXT, "prompt_cache_retention");
    fields.refuseUnless(
        "service_tier", Set.of("auto", "default"), "all requests are treated alike");
    fields.allow(Kind.OBJECT, "metadata");
  }

  static boolean isStreamed(Fields fields) {
    return fields.flag("stream").orElse(false);
  }

  /// `stream_options`, of which the caller has to read its own.
  ///
  /// @return empty if there are none
  /// @throws Refusal if the answer is wanted whole
  static Optional<Fields> streamOptions(Fields fields) {
    Optional<Fields> options = fields.object("stream_options");
    if (options.isPresent() && !isStreamed(fields)) {
      throw Refusal.badField("stream_options", "stream_options needs stream: true; set it");
    }
    options.ifPresent(own -> own.refuse("pieces are sent as they are", "include_obfuscation"));
    return options;
  }

  private static boolean wantsUsage(Fields options) {
    boolean wanted = options.flag("include_usage").orElse(false);
    options.requireNoOther();
    return wanted;
  }
}
