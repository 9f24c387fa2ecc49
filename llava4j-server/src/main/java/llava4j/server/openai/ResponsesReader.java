package llava4j.server.openai;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import llava4j.constraint.Constraint;
import llava4j.generate.GenerationOptions;
import llava4j.server.request.AnswerFormat;
import llava4j.server.request.Fields;
import llava4j.server.request.Json;
import llava4j.server.request.Refusal;
import llava4j.server.request.Sampling;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads the bodies of `/v1/responses`, but for their `model`. What would have to be stored is
/// refused: a conversation is sent whole.
final class ResponsesReader {
  private static final String LOG_PROBS = "message.output_text.logprobs";
  private static final String STORED = "nothing is stored here; send the whole conversation";

  private final ItemReader items;
  private final AnswerFormat formats;

  ResponsesReader(ItemReader items, AnswerFormat formats) {
    this.items = items;
    this.formats = formats;
  }

  /// A body of `/v1/responses`.
  ChatCall read(Fields fields) {
    refuseOthers(fields);
    OptionalInt tokens = CallReader.tokens(fields, "max_output_tokens");
    int top = fields.integer("top_logprobs", 0, CallReader.MOST_TOP).orElse(0);
    int logProbs = wantsLogProbs(fields) || top > 0 ? top : -1;
    ObjectNode repeated = repeated(fields, tokens, top);
    Sampling sampling = CallReader.sampling(fields, tokens, List.of(), 1, logProbs);
    GenerationOptions plain = sampling.toOptions();
    GenerationOptions options = form(fields, repeated).map(plain::withConstraint).orElse(plain);
    Turns turns = items.read(fields);
    boolean streamed = CallReader.isStreamed(fields);
    CallReader.streamOptions(fields).ifPresent(ResponsesReader::requireNone);
    fields.requireNoOther();
    return new ChatCall(turns.question(options), "input", streamed, false, repeated);
  }

  /// Unlike the older paths, this one has no option of a stream that could be used.
  private static void requireNone(Fields streamOptions) {
    streamOptions.refuse("the usage is in the last event in any case", "include_usage");
    streamOptions.requireNoOther();
  }

  private static void refuseOthers(Fields fields) {
    fields.refuse("LLaVA-1.5 has not learned to call tools", "tools", "max_tool_calls");
    fields.refuseUnless("tool_choice", Set.of("none", "auto"), "there are no tools");
    fields.refuse("LLaVA-1.5 does not reason before it answers", "reasoning");
    fields.refuse(STORED, "store", "previous_response_id", "conversation", "context_management");
    fields.refuse("there are no stored prompts", "prompt");
    fields.refuse("the answer comes with the response", "background");
    fields.refuseUnless("truncation", Set.of("disabled"), "a conversation is not shortened");
  }

  private static boolean wantsLogProbs(Fields fields) {
    boolean wanted = false;
    for (String one : fields.texts("include")) {
      if (!one.equals(LOG_PROBS)) {
        throw Refusal.badField("include", "include can be [\"" + LOG_PROBS + "\"] only");
      }
      wanted = true;
    }
    return wanted;
  }

  /// `text`, with the form that the answer must have.
  private Optional<Constraint> form(Fields fields, ObjectNode repeated) {
    ObjectNode format = repeated.putObject("text").putObject("format");
    Optional<Fields> text = fields.object("text");
    Optional<Constraint> constraint = Optional.empty();
    Optional<JsonNode> asked = text.flatMap(object -> object.any("format"));
    if (asked.isPresent()) {
      constraint = formats.ofResponses(Fields.of(asked.get(), "text.format"));
      format.setAll((ObjectNode) asked.get());
    } else {
      format.put("type", "text");
    }
    if (format.has("schema")) {
      if (!format.hasNonNull("strict")) {
        format.put("strict", true); // answers always are
      }
      if (!format.has("description")) {
        format.putNull("description");
      }
    }
    text.ifPresent(object -> {
      object.refuseUnless(
          "verbosity", Set.of("medium"), "the length is set with max_output_tokens");
      object.requireNoOther();
    });
    return constraint;
  }

  /// What the answer repeats. Who asks, and what for, reaches no model.
  private static ObjectNode repeated(Fields fields, OptionalInt tokens, int topLogProbs) {
    ObjectNode repeated = Json.object();
    repeated.put("instructions", fields.text("instructions").orElse(null));
    if (tokens.isPresent()) {
      repeated.put("max_output_tokens", tokens.getAsInt());
    } else {
      repeated.putNull("max_output_tokens");
    }
    repeated.put("temperature", fields.number("temperature", 0, Sampling.HOTTEST).orElse(0));
    repeated.put("top_p", fields.positive("top_p", 1).orElse(1));
    repeated.put("top_logprobs", topLogProbs);
    repeated.put("tool_choice", fields.text("tool_choice").orElse("auto"));
    repeated.put("parallel_tool_calls", fields.flag("parallel_tool_calls").orElse(true));
    CallReader.allowAsker(fields);
    repeated.set("metadata", fields.any("metadata").orElse(Json.object()));
    fields.text("user").ifPresent(user -> repeated.put("user", user)); // never null for OpenAI
    for (String name : List.of("safety_identifier", "prompt_cache_key")) {
      repeated.put(name, fields.text(name).orElse(null));
    }
    return repeated;
  }
}
