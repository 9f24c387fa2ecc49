package llava4j.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Makes requests from a description, and breaks them. With the same seed they are the same.
final class RequestMaker {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int DEEPEST = 8;
  private static final List<String> TEXTS =
      List.of(
          "Hi",
          "What is it?",
          "",
          " ",
          "<image>",
          "a <image> b <image>",
          "</s>",
          "\u0000",
          "\ud83d\ude00 \u00e9",
          "\ud800",
          "../../etc/passwd",
          "file:///etc/passwd",
          "http://127.0.0.1:1/a.png",
          "data:image/png;base64,AAAA",
          "data:,",
          "true",
          "word ".repeat(400),
          "x".repeat(5000));
  private static final List<String> NUMBERS =
      List.of(
          "0",
          "-1",
          "1",
          "2",
          "0.5",
          "-0.0",
          "1e30",
          "1e400",
          "-1e999999999",
          "9223372036854775808",
          "2147483648",
          "1000000",
          "9".repeat(300));

  private final Described described;
  private final Random random;
  private final String image;

  /// @param image base64 of a small one
  RequestMaker(Described described, long seed, String image) {
    this.described = described;
    this.random = new Random(seed);
    this.image = image;
  }

  /// A body that fulfils a schema.
  JsonNode valid(JsonNode schema) {
    return value(schema, "", DEEPEST);
  }

  private JsonNode value(JsonNode given, String name, int depth) {
    JsonNode schema = described.resolved(given);
    for (String either : List.of("oneOf", "anyOf")) {
      if (schema.has(either)) {
        return value(one(children(schema.get(either))), name, depth);
      }
    }
    if (schema.has("const")) {
      return schema.get("const");
    }
    if (schema.has("enum")) {
      return one(children(schema.get("enum")));
    }
    return switch (type(schema)) {
      case "object" -> object(schema, depth);
      case "array" -> array(schema, name, depth);
      case "string" -> JSON.getNodeFactory().stringNode(text(schema, name));
      case "integer" -> JSON.getNodeFactory().numberNode(whole(schema, name));
      case "number" ->
          JSON.getNodeFactory()
              .numberNode(
                  schema.path("minimum").asDouble(0.1)
                      + random.nextDouble() * Math.min(schema.path("maximum").asDouble(1), 2));
      case "boolean" -> JSON.getNodeFactory().booleanNode(random.nextBoolean());
      default -> JSON.nullNode();
    };
  }

  private String type(JsonNode schema) {
    JsonNode type = schema.path("type");
    if (!type.isArray()) {
      return type.asString("null");
    }
    return random.nextInt(8) == 0
        ? one(children(type)).asString()
        : type.get(0).asString(); // the last one is null
  }

  private ObjectNode object(JsonNode schema, int depth) {
    ObjectNode object = JSON.createObjectNode();
    List<String> required = new ArrayList<>();
    schema.path("required").forEach(one -> required.add(one.asString()));
    schema
        .path("properties")
        .properties()
        .forEach(entry -> {
          if (required.contains(entry.getKey()) || (depth > 0 && random.nextInt(6) == 0)) {
            object.set(entry.getKey(), value(entry.getValue(), entry.getKey(), depth - 1));
          }
        });
    return object;
  }

  private ArrayNode array(JsonNode schema, String name, int depth) {
    ArrayNode array = JSON.createArrayNode();
    int count = schema.path("minItems").asInt(0) + random.nextInt(depth > 0 ? 3 : 1);
    int most = Math.min(count, schema.path("maxItems").asInt(3));
    for (int i = 0; i < most; i++) {
      array.add(value(schema.path("items"), name, depth - 1));
    }
    return array;
  }

  private String text(JsonNode schema, String name) {
    return switch (name) {
      case "model", "name" -> "original";
      case "url", "image_url" -> "data:image/png;base64," + image;
      case "images" -> image;
      default -> {
        String text = one(TEXTS);
        yield text.length() < schema.path("minLength").asInt(0)
                || text.length() > schema.path("maxLength").asInt(Integer.MAX_VALUE)
            ? "Hi"
            : text;
      }
    };
  }

  private long whole(JsonNode schema, String name) {
    long least = schema.path("minimum").asLong(0);
    long most = schema.path("maximum").asLong(Long.MAX_VALUE);
    if (name.contains("tokens") || name.equals("num_predict") || name.equals("n")) {
      return 1L + random.nextInt(3);
    }
    return switch (random.nextInt(4)) {
      case 0 -> least;
      case 1 -> most;
      default -> Math.clamp(random.nextInt(10), least, most);
    };
  }

  /// Changes up to three things of a body.
  JsonNode broken(JsonNode body) {
    JsonNode changed = body.deepCopy();
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      List<JsonNode> holders = new ArrayList<>();
      collect(changed, holders);
      if (holders.isEmpty()) {
        return junk(3);
      }
      change(one(holders));
    }
    return changed;
  }

  private static void collect(JsonNode node, List<JsonNode> holders) {
    if (node.isContainer()) {
      if (!node.isEmpty()) {
        holders.add(node);
      }
      node.forEach(child -> collect(child, holders));
    }
  }

  private void change(JsonNode holder) {
    if (holder instanceof ArrayNode array) {
      int at = random.nextInt(array.size());
      switch (random.nextInt(3)) {
        case 0 -> array.set(at, junk(3));
        case 1 -> array.remove(at);
        default -> {
          JsonNode item = array.get(at);
          for (int i = 0; i < 12; i++) {
            array.add(item.deepCopy());
          }
        }
      }
    } else if (holder instanceof ObjectNode object) {
      String name = one(List.copyOf(object.propertyNames()));
      switch (random.nextInt(4)) {
        case 0 -> object.remove(name);
        case 1 -> object.set(name + one(List.of("s", "_", "\u0000", "x".repeat(300))), junk(2));
        default -> object.set(name, junk(3));
      }
    }
  }

  /// Any JSON.
  private JsonNode junk(int depth) {
    return switch (random.nextInt(depth > 0 ? 8 : 5)) {
      case 0 -> JSON.nullNode();
      case 1 -> JSON.getNodeFactory().booleanNode(random.nextBoolean());
      case 2, 3 -> JSON.getNodeFactory().stringNode(one(TEXTS));
      case 4 -> JSON.getNodeFactory().numberNode(new java.math.BigDecimal(one(NUMBERS)));
      case 5 -> {
        ArrayNode deep = JSON.createArrayNode();
        ArrayNode inner = deep;
        for (int i = random.nextInt(80); i > 0; i--) {
          inner = inner.addArray();
        }
        yield deep;
      }
      case 6 -> {
        ArrayNode array = JSON.createArrayNode();
        for (int i = random.nextInt(4); i > 0; i--) {
          array.add(junk(depth - 1));
        }
        yield array;
      }
      default -> {
        ObjectNode object = JSON.createObjectNode();
        for (String key : List.of("type", "url", "text", "role", "pattern", "$ref", "enum")) {
          if (random.nextInt(4) == 0) {
            object.set(key, junk(depth - 1));
          }
        }
        yield object;
      }
    };
  }

  /// Changes some characters of a text.
  String torn(String text) {
    StringBuilder torn = new StringBuilder(text);
    for (int i = 1 + random.nextInt(3); i > 0 && !torn.isEmpty(); i--) {
      int at = random.nextInt(torn.length());
      switch (random.nextInt(4)) {
        case 0 -> torn.setLength(at);
        case 1 -> torn.deleteCharAt(at);
        case 2 -> torn.insert(at, (char) random.nextInt(0x100));
        default -> torn.insert(at, one(List.of("{", "]", "\"", ",", "1", "null")));
      }
    }
    return torn.toString();
  }

  /// Keeps most answers short, so that there is time for more requests.
  void shorten(ObjectNode body) {
    if (random.nextInt(50) == 0) {
      return;
    }
    for (String name : List.of("max_tokens", "max_completion_tokens", "max_output_tokens")) {
      if (body.path(name).asDouble(0) > 4) {
        body.put(name, 2);
      }
    }
  }

  boolean happens(int in) {
    return random.nextInt(in) == 0;
  }

  <T> T one(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  private static List<JsonNode> children(JsonNode node) {
    List<JsonNode> children = new ArrayList<>();
    node.forEach(children::add);
    return children;
  }
}
