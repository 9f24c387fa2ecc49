package llava4j.constraint;

import java.util.List;
import java.util.Random;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Writes random schemas of draft 2020-12 out of supported keywords. Without `email`, for which the
/// judge knows a list of domains.
final class RandomSchemas {
  private static final List<String> NAMES = List.of("a", "b", "name", "\u00e9", "x y", "q\"");
  private static final List<String> PATTERNS =
      List.of("^[a-c]+$", "a", "^x?[0-9]{1,3}$", "^(?!b)", "[^a]$", "^\u20ac*$", "^.{0,4}$");
  private static final List<String> FORMATS =
      List.of("date", "time", "date-time", "uuid", "ipv4", "ipv6", "uri", "hostname", "duration");

  private final Random random;

  RandomSchemas(Random random) {
    this.random = random;
  }

  ObjectNode schema(int depth) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    switch (random.nextInt(depth > 0 ? 12 : 6)) {
      case 0 -> string(schema);
      case 1 -> number(schema);
      case 2 -> schema.put("type", random.nextBoolean() ? "boolean" : "null");
      case 3 -> values(schema);
      case 4 -> schema.put("type", "string").put("format", one(FORMATS));
      case 5 -> number(schema.put("type", "integer"));
      case 6, 7 -> object(schema, depth);
      case 8 -> array(schema, depth);
      case 9 -> combined(schema, depth);
      case 10 -> {
        object(schema, depth);
        combined(schema, depth);
      }
      default -> {
        schema.putArray("type").add("string").add("array").add("integer");
        string(schema);
        schema.put("maxItems", 2);
      }
    }
    return schema;
  }

  private String one(List<String> all) {
    return all.get(random.nextInt(all.size()));
  }

  private void string(ObjectNode schema) {
    if (!schema.has("type")) {
      schema.put("type", "string");
    }
    if (random.nextBoolean()) {
      schema.put("minLength", random.nextInt(3));
    }
    schema.put("maxLength", 3 + random.nextInt(20));
    if (random.nextInt(3) == 0) {
      schema.put("pattern", one(PATTERNS));
    }
  }

  private void number(ObjectNode schema) {
    if (!schema.has("type")) {
      schema.put("type", "number");
    }
    if (random.nextBoolean()) {
      schema.put("minimum", random.nextInt(200) / 4.0 - 20);
    }
    if (random.nextBoolean()) {
      schema.put("exclusiveMaximum", random.nextInt(2000) / 8.0 + 30);
    }
    if (random.nextInt(3) == 0) {
      schema.put("multipleOf", one(List.of("3", "7", "0.5", "0.25", "12")).equals("3") ? 3 : 0.25);
    }
  }

  private void values(ObjectNode schema) {
    if (random.nextBoolean()) {
      schema.putArray("enum").add(1).add("two").add(2.5).addNull().add(true);
    } else {
      schema.putObject("const").put("k", "v").putArray("l").add(1).add("\u00e9");
    }
  }

  private void object(ObjectNode schema, int depth) {
    schema.put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    ArrayNode required = schema.putArray("required");
    for (int i = random.nextInt(4); i > 0; i--) {
      String name = one(NAMES);
      properties.set(name, schema(depth - 1));
      if (random.nextBoolean()) {
        required.add(name);
      }
    }
    switch (random.nextInt(6)) {
      case 0 -> schema.set("additionalProperties", schema(depth - 1));
      case 1 -> schema.putObject("patternProperties").set(one(PATTERNS), schema(0));
      case 2 -> schema.putObject("propertyNames").put("pattern", one(PATTERNS)).put("maxLength", 4);
      case 3 -> schema.put("minProperties", 1).put("maxProperties", required.size() + 1);
      case 4 -> schema.putObject("dependentRequired").putArray("a").add("b");
      default -> schema.put("additionalProperties", false);
    }
  }

  private void array(ObjectNode schema, int depth) {
    schema.put("type", "array");
    schema.set("items", schema(depth - 1));
    if (random.nextBoolean()) {
      schema.putArray("prefixItems").add(schema(depth - 1));
    }
    if (random.nextBoolean()) {
      schema.put("minItems", random.nextInt(3));
    }
    schema.put("maxItems", 2 + random.nextInt(3));
    if (random.nextInt(4) == 0) {
      schema.set("contains", schema(0));
      if (random.nextBoolean()) {
        schema.put("maxContains", 1);
      }
    }
  }

  private void combined(ObjectNode schema, int depth) {
    switch (random.nextInt(6)) {
      case 0 -> schema.putArray("anyOf").add(schema(depth - 1)).add(schema(depth - 1));
      case 1 -> schema.putArray("oneOf").add(schema(depth - 1)).add(schema(depth - 1));
      case 2 -> schema.putArray("allOf").add(schema(0)).add(schema(depth - 1));
      case 3 -> schema.set("not", schema(depth - 1));
      case 4 -> {
        schema.set("if", schema(0));
        schema.set("then", schema(depth - 1));
        schema.set("else", schema(depth - 1));
      }
      default -> {
        ObjectNode list = schema.putObject("$defs").putObject("d" + depth);
        list.put("$anchor", "d" + depth).put("type", "array").put("maxItems", 1);
        list.putObject("items").put("$ref", "#d" + depth);
        schema.put("$ref", "#d" + depth);
      }
    }
  }
}
