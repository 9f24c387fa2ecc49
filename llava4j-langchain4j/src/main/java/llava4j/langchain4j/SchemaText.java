package llava4j.langchain4j;

import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.json.JsonAnyOfSchema;
import dev.langchain4j.model.chat.request.json.JsonArraySchema;
import dev.langchain4j.model.chat.request.json.JsonBooleanSchema;
import dev.langchain4j.model.chat.request.json.JsonEnumSchema;
import dev.langchain4j.model.chat.request.json.JsonIntegerSchema;
import dev.langchain4j.model.chat.request.json.JsonNullSchema;
import dev.langchain4j.model.chat.request.json.JsonNumberSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonReferenceSchema;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import dev.langchain4j.model.chat.request.json.JsonStringSchema;
import java.util.Map;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// LangChain4j's schema elements as a JSON Schema. Descriptions are left out: no token of an answer
/// depends on them.
final class SchemaText {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private SchemaText() {}

  static String of(JsonSchemaElement root) {
    return node(root).toString();
  }

  private static JsonNode node(JsonSchemaElement element) {
    return switch (element) {
      case JsonObjectSchema object -> object(object);
      case JsonArraySchema array -> {
        ObjectNode node = typed("array");
        if (array.items() != null) {
          node.set("items", node(array.items()));
        }
        yield node;
      }
      case JsonEnumSchema values -> {
        ObjectNode node = typed("string");
        ArrayNode list = node.putArray("enum");
        values.enumValues().forEach(list::add);
        yield node;
      }
      case JsonAnyOfSchema any -> {
        ObjectNode node = JSON.createObjectNode();
        ArrayNode list = node.putArray("anyOf");
        any.anyOf().forEach(one -> list.add(node(one)));
        yield node;
      }
      case JsonReferenceSchema reference ->
          JSON.createObjectNode().put("$ref", "#/$defs/" + reference.reference());
      case JsonRawSchema raw -> raw(raw.schema());
      case JsonStringSchema _ -> typed("string");
      case JsonIntegerSchema _ -> typed("integer");
      case JsonNumberSchema _ -> typed("number");
      case JsonBooleanSchema _ -> typed("boolean");
      case JsonNullSchema _ -> typed("null");
      default ->
          throw new UnsupportedFeatureException(
              "a schema element of " + element.getClass().getSimpleName() + " is not supported");
    };
  }

  /// An object that names its members has no others, unless it says so.
  private static ObjectNode object(JsonObjectSchema object) {
    ObjectNode node = typed("object");
    ObjectNode properties = node.putObject("properties");
    for (Map.Entry<String, JsonSchemaElement> property : object.properties().entrySet()) {
      properties.set(property.getKey(), node(property.getValue()));
    }
    if (object.required() != null) {
      ArrayNode list = node.putArray("required");
      object.required().forEach(list::add);
    }
    if (object.additionalProperties() != null || !object.properties().isEmpty()) {
      node.put("additionalProperties", Boolean.TRUE.equals(object.additionalProperties()));
    }
    if (object.definitions() != null && !object.definitions().isEmpty()) {
      ObjectNode definitions = node.putObject("$defs");
      object.definitions().forEach((name, one) -> definitions.set(name, node(one)));
    }
    return node;
  }

  private static ObjectNode typed(String type) {
    return JSON.createObjectNode().put("type", type);
  }

  private static JsonNode raw(String schema) {
    try {
      return JSON.readTree(schema);
    } catch (JacksonException e) {
      throw new BadInputException(
          "the raw JSON schema is no JSON (" + e.getOriginalMessage() + "); correct it", e);
    }
  }
}
