package llava4j.constraint.schema;

import java.util.Set;

/// What is known about each keyword.
final class Keywords {
  /// They say nothing about which values are right.
  static final Set<String> ANNOTATIONS =
      Set.of(
          "$schema",
          "$id",
          "id",
          "$anchor",
          "$comment",
          "$defs",
          "definitions",
          "$vocabulary",
          "title",
          "description",
          "default",
          "examples",
          "deprecated",
          "readOnly",
          "writeOnly");

  /// Understood.
  static final Set<String> SUPPORTED =
      Set.of(
          "$ref",
          "type",
          "enum",
          "const",
          "allOf",
          "anyOf",
          "oneOf",
          "not",
          "if",
          "then",
          "else",
          "properties",
          "required",
          "additionalProperties",
          "patternProperties",
          "propertyNames",
          "minProperties",
          "maxProperties",
          "dependentRequired",
          "dependentSchemas",
          "dependencies",
          "items",
          "prefixItems",
          "additionalItems",
          "minItems",
          "maxItems",
          "uniqueItems",
          "contains",
          "minContains",
          "maxContains",
          "minLength",
          "maxLength",
          "pattern",
          "format",
          "minimum",
          "maximum",
          "exclusiveMinimum",
          "exclusiveMaximum",
          "multipleOf");

  /// Of some draft, and they can make a value wrong, but they are not understood.
  static final Set<String> UNSUPPORTED =
      Set.of(
          "$dynamicRef",
          "$dynamicAnchor",
          "$recursiveRef",
          "$recursiveAnchor",
          "unevaluatedProperties",
          "unevaluatedItems",
          "disallow",
          "extends",
          "divisibleBy");

  private Keywords() {}
}
