package llava4j.server.request;

import java.util.Optional;
import java.util.Set;
import llava4j.constraint.Constraint;
import llava4j.constraint.limit.ConstraintException;
import tools.jackson.databind.JsonNode;

/// The form that a request wants its answers to have for certain.
public final class AnswerFormat {
  private AnswerFormat() {}

  /// OpenAI's `response_format`. Whether a schema is called strict makes no difference: answers
  /// fulfil it in any case.
  ///
  /// @return empty for text
  public static Optional<Constraint> ofOpenAi(Fields body) {
    Optional<Fields> format = body.object("response_format");
    if (format.isEmpty()) {
      return Optional.empty();
    }
    String type = format.get().requiredText("type");
    Optional<Constraint> constraint =
        switch (type) {
          case "text" -> Optional.empty();
          case "json_object" -> Optional.of(Constraint.jsonObject());
          case "json_schema" -> Optional.of(named(format.get()));
          default ->
              throw Refusal.badField(
                  "response_format.type",
                  "response_format.type must be text, json_object or json_schema; correct it");
        };
    format.get().requireNoOther();
    return constraint;
  }

  private static Constraint named(Fields format) {
    Fields named =
        format
            .object("json_schema")
            .orElseThrow(() ->
                Refusal.badField(
                    "response_format.json_schema",
                    "response_format.json_schema is missing; give a name and a schema"));
    String place = named.path("schema");
    JsonNode schema =
        named
            .any("schema")
            .orElseThrow(() -> Refusal.badField(place, place + " is missing; give a JSON Schema"));
    named.allow("name", "description", "strict");
    named.requireNoOther();
    return compiled(place, schema);
  }

  /// Ollama's `format`: `json`, or a JSON Schema.
  ///
  /// @return empty for text
  public static Optional<Constraint> ofOllama(Fields body) {
    Optional<JsonNode> format = body.any("format");
    if (format.isPresent() && format.get().isObject()) {
      return Optional.of(compiled("format", format.get()));
    }
    body.refuseUnless("format", Set.of("", "json"), "format is json or a JSON Schema");
    boolean json = format.isPresent() && format.get().asString().equals("json");
    return json ? Optional.of(Constraint.jsonObject()) : Optional.empty();
  }

  private static Constraint compiled(String place, JsonNode schema) {
    try {
      return Constraint.jsonSchema(schema.toString());
    } catch (ConstraintException e) {
      throw Refusal.badField(place, place + ": " + e.getMessage()).withCause(e);
    }
  }
}
