package llava4j.constraint.schema;

import java.util.List;
import llava4j.constraint.schema.Facts.Way;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Writes the schema that one list or object fulfils and nothing else.
final class Exactly {
  private Exactly() {}

  /// @param at where the value is demanded
  static JsonNode schemaOf(JsonNode value, JsonNode at, Context context) {
    return context.document().madeFrom(value, () -> made(value, at, context));
  }

  private static JsonNode made(JsonNode value, JsonNode at, Context context) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    context.document().place(schema, at);
    if (value.isArray()) {
      ArrayNode items = schema.putArray("prefixItems");
      for (JsonNode one : value) {
        items.add(constant(one, at, context));
      }
      schema.put("minItems", value.size()).put("items", false);
      schema.putArray("type").add("array");
    } else {
      ObjectNode properties = schema.putObject("properties");
      ArrayNode required = schema.putArray("required");
      value
          .properties()
          .forEach(entry -> {
            properties.set(entry.getKey(), constant(entry.getValue(), at, context));
            required.add(entry.getKey());
          });
      schema.put("additionalProperties", false);
      schema.putArray("type").add("object");
    }
    return schema;
  }

  private static JsonNode constant(JsonNode value, JsonNode at, Context context) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    schema.set("const", value);
    context.document().place(schema, at);
    return schema;
  }

  /// The ways to be one of several values.
  static List<List<Way>> oneOf(List<JsonNode> values, JsonNode schema, Context context) {
    return List.of(
        values.stream()
            .map(one -> Way.of(List.of(context.terms().of(schemaOf(one, schema, context)))))
            .toList());
  }

  /// The way to be none of several values.
  static List<Way> noneOf(List<JsonNode> values, JsonNode schema, Context context) {
    List<Integer> none =
        values.stream()
            .map(one -> Terms.not(context.terms().of(schemaOf(one, schema, context))))
            .toList();
    return List.of(Way.of(none));
  }
}
