package llava4j.server.ollama;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import llava4j.generate.GenerationOptions;
import llava4j.image.ImageSource;
import llava4j.server.engine.Question;
import llava4j.server.engine.Question.Turn;
import llava4j.server.request.AnswerFormat;
import llava4j.server.request.Fields;
import llava4j.server.request.Fields.Kind;
import llava4j.server.request.Refusal;
import llava4j.server.request.Sampling;
import tools.jackson.databind.JsonNode;

/// Reads the bodies of `/api/chat` and `/api/generate`, but for their `model`.
final class OllamaReader {
  private static final int WHOLE_CONTEXT = 1_000_000;
  private static final String KEEP_ALIVE = "keep_alive";
  private static final String NO_TOOLS = "LLaVA-1.5 has not learned to call tools";

  private final int mostImages;
  private final AnswerFormat formats;

  OllamaReader(int mostImages, AnswerFormat formats) {
    this.formats = formats;
    this.mostImages = mostImages;
  }

  OllamaCall chat(Fields fields) {
    fields.refuse(NO_TOOLS, "tools");
    List<JsonNode> list = fields.list("messages");
    if (list.isEmpty()) {
      return nothing(fields, options(fields));
    }
    List<String> system = new ArrayList<>();
    List<Turn> turns = new ArrayList<>();
    int images = 0;
    for (int i = 0; i < list.size(); i++) {
      String path = "messages[" + i + "]";
      Fields message = Fields.of(list.get(i), path);
      String role = message.requiredText("role");
      String text = message.text("content").orElse("");
      List<ImageSource> own = images(message);
      images += own.size();
      requireImages(images);
      if (!own.isEmpty() && !role.equals("user")) {
        throw Refusal.badField(path, path + " has images, which only the user can send; move them");
      }
      switch (role) {
        case "system" -> system.add(text);
        case "user" -> turns.add(new Turn.User(text, own));
        case "assistant" -> turns.add(new Turn.Assistant(text));
        default ->
            throw Refusal.badField(
                path + ".role", path + ".role must be system, user or assistant; correct it");
      }
      message.refuse(NO_TOOLS, "tool_calls", "tool_name");
      message.refuse("LLaVA-1.5 does not think before it answers", "thinking");
      message.requireNoOther();
    }
    requireTurns(turns);
    return finish(
        fields,
        Optional.of(
            new Question.Conversation(
                turns,
                system.isEmpty() ? Optional.empty() : Optional.of(String.join("\n", system)),
                options(fields))));
  }

  OllamaCall generate(Fields fields) {
    fields.refuse("this server continues a prompt and does not fill gaps", "suffix");
    fields.refuseUnless("template", Set.of(""), "the template is the model's");
    fields.refuse("send the conversation to /api/chat", "context");
    String prompt = fields.text("prompt").orElse("");
    List<ImageSource> images = images(fields);
    requireImages(images.size());
    Optional<String> system = fields.text("system").filter(text -> !text.isEmpty());
    boolean raw = fields.flag("raw").orElse(false);
    if (raw && (!images.isEmpty() || system.isPresent())) {
      throw Refusal.badField("raw", "raw takes a prompt alone; leave images and system out");
    }
    GenerationOptions options = options(fields);
    if (prompt.isEmpty() && images.isEmpty()) {
      return nothing(fields, options);
    }
    return finish(
        fields,
        Optional.of(
            raw
                ? new Question.Text(prompt, options)
                : new Question.Conversation(
                    List.of(new Turn.User(prompt, images)), system, options)));
  }

  private static void requireTurns(List<Turn> turns) {
    for (int i = 0; i < turns.size(); i++) {
      if ((turns.get(i) instanceof Turn.User) != (i % 2 == 0)) {
        throw Refusal.badField(
            "messages", "user and assistant must take turns, the user first; join or reorder them");
      }
    }
    if (turns.size() % 2 == 0) {
      throw Refusal.badField(
          "messages", "the last message must be of the user; add a question at the end");
    }
  }

  private void requireImages(int images) {
    if (images > mostImages) {
      throw Refusal.tooManyImages("images", mostImages);
    }
  }

  private static List<ImageSource> images(Fields fields) {
    List<ImageSource> images = new ArrayList<>();
    for (String text : fields.texts("images")) {
      try {
        images.add(new ImageSource.OfBytes("the image", Base64.getDecoder().decode(text)));
      } catch (IllegalArgumentException e) {
        throw Refusal.badField(
                fields.path("images"),
                fields.path("images") + " must be base64 without a prefix; encode the image again")
            .withCause(e);
      }
    }
    return images;
  }

  private static OllamaCall finish(Fields fields, Optional<Question> question) {
    fields.refuse("LLaVA-1.5 does not think before it answers", "think");
    fields.refuse("log-probabilities are at /v1/chat/completions", "logprobs", "top_logprobs");
    boolean unload = isUnload(fields);
    boolean streamed = fields.flag("stream").orElse(true);
    fields.requireNoOther();
    return new OllamaCall(question, unload, streamed);
  }

  /// Whether the model shall be kept for no time; any other time changes nothing.
  static boolean isUnload(Fields fields) {
    fields.allow(Kind.TEXT_OR_NUMBER, KEEP_ALIVE);
    return fields.any(KEEP_ALIVE).filter(OllamaReader::isNoTime).isPresent();
  }

  /// Whether a duration is 0, a number or a text such as `0s`.
  private static boolean isNoTime(JsonNode duration) {
    return duration.isNumber()
        ? duration.decimalValue().signum() == 0
        : duration.stringValue().matches("0+(\\.0*)?(ns|us|ms|s|m|h)?");
  }

  /// A call that asks nothing: its options have no effect, but are checked.
  private OllamaCall nothing(Fields fields, GenerationOptions options) {
    options.constraint().ifPresent(AnswerFormat::requireCompilable);
    return finish(fields, Optional.empty());
  }

  private GenerationOptions options(Fields body) {
    GenerationOptions options = sampled(body);
    return formats.ofOllama(body).map(options::withConstraint).orElse(options);
  }

  private static GenerationOptions sampled(Fields body) {
    Optional<Fields> given = body.object("options");
    if (given.isEmpty()) {
      return plain().toOptions();
    }
    Fields fields = given.get();
    int tokens = fields.integer("num_predict", -2, WHOLE_CONTEXT).orElse(0);
    OptionalInt maxTokens =
        tokens == 0 ? OptionalInt.empty() : OptionalInt.of(tokens < 0 ? WHOLE_CONTEXT : tokens);
    Sampling sampling =
        new Sampling(
            maxTokens,
            fields.number("temperature", 0, Sampling.HOTTEST),
            fields.positive("top_p", 1),
            fields.integer("top_k", 0, Integer.MAX_VALUE),
            fields.number("min_p", 0, 1),
            fields.positive("repeat_penalty", Sampling.MOST_PENALTY),
            fields.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE),
            fields.texts("stop"),
            1,
            -1);
    fields.refuse(
        "use repeat_penalty", "frequency_penalty", "presence_penalty", "mirostat", "repeat_last_n");
    allowMachine(fields);
    fields.requireNoOther();
    return sampling.toOptions();
  }

  /// Options of how Ollama's own engine runs; the context is always the model's whole one.
  static void allowMachine(Fields options) {
    options.allow(
        Kind.NUMBER, "num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "num_keep");
    options.allow(Kind.FLAG, "use_mmap");
  }

  private static Sampling plain() {
    return new Sampling(
        OptionalInt.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalInt.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalLong.empty(),
        List.of(),
        1,
        -1);
  }
}
