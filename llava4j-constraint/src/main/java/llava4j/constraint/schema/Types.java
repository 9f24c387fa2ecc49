package llava4j.constraint.schema;

import java.util.List;
import tools.jackson.databind.JsonNode;

/// Reads `type`.
final class Types {
  private Types() {}

  /// Whether a schema's `type`, if it has one, leaves room for a kind.
  static boolean leaveRoom(Kind kind, JsonNode schema, SchemaDocument document) {
    return !schema.has("type") || of(schema, document).stream().anyMatch(kind.names()::contains);
  }

  /// The names under `type`, which the schema must have.
  static List<String> of(JsonNode schema, SchemaDocument document) {
    JsonNode type = schema.get("type");
    List<String> names =
        type.isString() ? List.of(type.stringValue()) : document.texts(schema, "type", type);
    for (String name : names) {
      boolean known = false;
      for (Kind kind : Kind.values()) {
        known |= kind.names().contains(name);
      }
      if (!known) {
        throw document.wrong(
            schema, "type", "is '" + name + "', which is no type; use 'string' or another");
      }
    }
    return names;
  }
}
