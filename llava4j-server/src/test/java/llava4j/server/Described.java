package llava4j.server;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The description that a server gives of itself, `/openapi.json`.
final class Described {
  private static final JsonMapper JSON = new JsonMapper();

  private final JsonNode root;
  private final Map<JsonNode, Schema> schemas = new HashMap<>();
  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  Described(JsonNode root) {
    this.root = root;
  }

  /// @param request empty for GET
  record Operation(String path, String method, Optional<JsonNode> request, JsonNode responses) {
    /// The schema of an answer; that of each item for a stream.
    JsonNode answer(int status, String contentType) {
      JsonNode content = responses.path(status == 200 ? "200" : "default").path("content");
      String type = contentType.replaceFirst(";.*", "");
      JsonNode media = content.path(type);
      return media.has("x-item") ? media.get("x-item") : media.path("schema");
    }
  }

  List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    root.get("paths")
        .properties()
        .forEach(path ->
            path.getValue()
                .properties()
                .forEach(method -> {
                  JsonNode schema =
                      method.getValue().at("/requestBody/content/application~1json/schema");
                  operations.add(
                      new Operation(
                          path.getKey(),
                          method.getKey().toUpperCase(java.util.Locale.ROOT),
                          schema.isMissingNode() ? Optional.empty() : Optional.of(schema),
                          method.getValue().get("responses")));
                }));
    return operations;
  }

  /// The schema itself, if it is a reference.
  JsonNode resolved(JsonNode schema) {
    JsonNode found = schema;
    while (found.has("$ref")) {
      found = root.at(found.get("$ref").asString().substring(1));
    }
    return found;
  }

  /// What is wrong with a value; empty if nothing is.
  List<String> errors(JsonNode schema, JsonNode value) {
    Schema compiled =
        schemas.computeIfAbsent(
            schema,
            key -> {
              ObjectNode whole = JSON.createObjectNode();
              whole.set("components", root.get("components"));
              whole.putArray("allOf").add(key);
              return registry.getSchema(whole.toString(), InputFormat.JSON);
            });
    return compiled.validate(value.toString(), InputFormat.JSON).stream()
        .map(Object::toString)
        .toList();
  }

  /// An object of a value that has described fields only, and where it stands.
  record Place(String pointer, JsonNode schema) {}

  List<Place> places(JsonNode schema, JsonNode value) {
    List<Place> places = new ArrayList<>();
    collect(schema, value, "", places);
    return places;
  }

  private void collect(JsonNode given, JsonNode value, String pointer, List<Place> places) {
    JsonNode schema = resolved(given);
    for (String either : List.of("oneOf", "anyOf")) {
      for (JsonNode one : schema.path(either)) {
        if (errors(one, value).isEmpty()) {
          collect(one, value, pointer, places);
          return;
        }
      }
    }
    if (value.isArray()) {
      for (int i = 0; i < value.size(); i++) {
        collect(schema.path("items"), value.get(i), pointer + "/" + i, places);
      }
    } else if (value.isObject() && schema.path("additionalProperties").isBoolean()) {
      if (!schema.get("additionalProperties").booleanValue()) {
        places.add(new Place(pointer, schema));
      }
      value
          .properties()
          .forEach(entry ->
              collect(
                  schema.path("properties").path(entry.getKey()),
                  entry.getValue(),
                  pointer + "/" + entry.getKey(),
                  places));
    }
  }
}
