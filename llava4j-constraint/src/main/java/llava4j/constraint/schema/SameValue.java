package llava4j.constraint.schema;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Finds the schemas that a schema asks about the very value that it is asked about itself.
final class SameValue {
  private SameValue() {}

  static List<JsonNode> schemas(JsonNode schema, SchemaDocument document) {
    List<JsonNode> all = new ArrayList<>();
    if (schema.has("$ref")) {
      all.add(document.resolve(schema));
      if (document.refAlone()) {
        return objects(all);
      }
    }
    for (String keyword : List.of("allOf", "anyOf", "oneOf")) {
      schema.path(keyword).forEach(all::add);
    }
    for (String keyword : List.of("not", "if", "then", "else")) {
      all.add(schema.path(keyword));
    }
    for (String keyword : List.of("dependentSchemas", "dependencies")) {
      schema.path(keyword).forEach(all::add);
    }
    return objects(all);
  }

  private static List<JsonNode> objects(List<JsonNode> all) {
    return all.stream().filter(JsonNode::isObject).toList();
  }
}
