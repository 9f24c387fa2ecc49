package llava4j.constraint.schema;

import java.util.List;
import tools.jackson.databind.JsonNode;

/// The kinds of JSON values.
enum Kind {
  NULL,
  BOOLEAN,
  NUMBER,
  STRING,
  ARRAY,
  OBJECT;

  static Kind of(JsonNode value) {
    if (value.isObject()) {
      return OBJECT;
    }
    if (value.isArray()) {
      return ARRAY;
    }
    if (value.isString()) {
      return STRING;
    }
    if (value.isNumber()) {
      return NUMBER;
    }
    return value.isBoolean() ? BOOLEAN : NULL;
  }

  /// Its names in `type`.
  List<String> names() {
    return switch (this) {
      case NULL -> List.of("null");
      case BOOLEAN -> List.of("boolean");
      case NUMBER -> List.of("number", "integer");
      case STRING -> List.of("string");
      case ARRAY -> List.of("array");
      case OBJECT -> List.of("object");
    };
  }
}
