package llava4j.constraint.schema;

import java.math.BigDecimal;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import llava4j.constraint.limit.ConstraintException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A schema's JSON: where each part stands, and what each reference means.
final class SchemaDocument {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();
  private static final int MOST_DIGITS = 400;
  private static final Set<String> NAMED_SCHEMAS =
      Set.of(
          "properties",
          "patternProperties",
          "$defs",
          "definitions",
          "dependentSchemas",
          "dependencies");
  private static final Set<String> NO_SCHEMAS = Set.of("enum", "const", "default", "examples");

  private final JsonNode root;
  private final boolean refAlone;
  private final IdentityHashMap<JsonNode, String> pointers = new IdentityHashMap<>();
  private final IdentityHashMap<JsonNode, URI> bases = new IdentityHashMap<>();
  private final Map<String, JsonNode> byAddress = new HashMap<>();
  private final IdentityHashMap<JsonNode, JsonNode> made = new IdentityHashMap<>();
  private final TreeSet<String> ignored = new TreeSet<>();

  private SchemaDocument(JsonNode root) {
    this.root = root;
    String draft = root.path("$schema").asString("");
    this.refAlone = draft.matches(".*draft-0[3-7]/.*");
    index(root, "#", URI.create("schema:/root"), Place.SCHEMA);
  }

  static SchemaDocument parse(String text) {
    JsonNode root;
    try {
      root = JSON.readTree(text);
    } catch (JacksonException e) {
      throw new ConstraintException(
          e instanceof StreamConstraintsException
              ? "the schema is nested too deeply, or has too long a number or name; simplify it"
              : "the schema is not JSON" + place(e) + "; correct it",
          e);
    }
    if (root == null || (!root.isObject() && !root.isBoolean())) {
      throw new ConstraintException(
          "the schema is neither a JSON object nor true or false; pass a JSON Schema");
    }
    return new SchemaDocument(root);
  }

  private static String place(JacksonException e) {
    return e.getLocation() == null
        ? ""
        : " at line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr();
  }

  /// What an object of the document is.
  private enum Place {
    SCHEMA,
    /// Its members are schemas.
    NAMES,
    /// Something that no keyword makes a schema; a reference may still lead there.
    OTHER
  }

  private void index(JsonNode node, String pointer, URI base, Place place) {
    URI here = base;
    if (node.isObject()) {
      if (place == Place.SCHEMA) {
        here = addressed(node, pointer, base);
      }
      pointers.put(node, pointer);
      bases.put(node, here);
      for (Map.Entry<String, JsonNode> entry : node.properties()) {
        if (place == Place.SCHEMA && NO_SCHEMAS.contains(entry.getKey())) {
          continue;
        }
        String step = entry.getKey().replace("~", "~0").replace("/", "~1");
        index(entry.getValue(), pointer + "/" + step, here, below(place, entry.getKey()));
      }
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        index(node.get(i), pointer + "/" + i, here, place);
      }
    }
  }

  private static Place below(Place place, String key) {
    return switch (place) {
      case NAMES -> Place.SCHEMA;
      case OTHER -> Place.OTHER;
      case SCHEMA -> {
        if (NAMED_SCHEMAS.contains(key)) {
          yield Place.NAMES;
        }
        yield Keywords.SUPPORTED.contains(key) ? Place.SCHEMA : Place.OTHER;
      }
    };
  }

  private URI addressed(JsonNode node, String pointer, URI base) {
    URI here = base;
    for (String key : List.of("$id", "id")) {
      JsonNode id = node.get(key);
      if (id != null && id.isString() && (key.equals("$id") || refAlone)) {
        try {
          here = base.resolve(id.stringValue().replaceFirst("#$", ""));
        } catch (IllegalArgumentException e) {
          continue; // an address that nothing can refer to
        }
        byAddress.putIfAbsent(here.toString(), node);
      }
    }
    if (pointer.equals("#")) {
      byAddress.putIfAbsent(here.toString(), node);
    }
    if (node.path("$anchor").isString()) {
      byAddress.putIfAbsent(here + "#" + node.get("$anchor").stringValue(), node);
    }
    return here;
  }

  JsonNode root() {
    return root;
  }

  /// Whether `$ref` makes all keywords beside it mean nothing, as until draft 7.
  boolean refAlone() {
    return refAlone;
  }

  /// Notes that something has no effect.
  void ignore(JsonNode node, String keyword) {
    ignored.add(pointer(node) + "/" + keyword);
  }

  /// Pointers to keywords without effect.
  List<String> ignored() {
    return List.copyOf(ignored);
  }

  /// Where a node stands; `#` for what was made from others.
  String pointer(JsonNode node) {
    return pointers.getOrDefault(node, "#");
  }

  /// Makes a synthetic node stand where another does.
  void place(JsonNode made, JsonNode at) {
    pointers.put(made, pointer(at));
    bases.put(made, bases.getOrDefault(at, URI.create("schema:/root")));
  }

  /// The schema that was made from a value, which is made once.
  JsonNode madeFrom(JsonNode value, Supplier<JsonNode> make) {
    JsonNode known = made.get(value);
    if (known == null) {
      known = make.get();
      made.put(value, known);
    }
    return known;
  }

  /// What `$ref` of a node refers to.
  JsonNode resolve(JsonNode node) {
    JsonNode reference = node.get("$ref");
    if (!reference.isString()) {
      throw wrong(node, "$ref", "must be a text");
    }
    String text = reference.stringValue();
    return target(node, text)
        .orElseThrow(() ->
            wrong(
                node,
                "$ref",
                "refers to '" + text + "', which is not in the schema; put it under '$defs'"));
  }

  private Optional<JsonNode> target(JsonNode node, String text) {
    int hash = text.indexOf('#');
    String address = hash < 0 ? text : text.substring(0, hash);
    String fragment = hash < 0 ? "" : text.substring(hash + 1);
    URI base = bases.getOrDefault(node, URI.create("schema:/root"));
    URI whole;
    try {
      whole = address.isEmpty() ? base : base.resolve(address);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    JsonNode resource = byAddress.get(whole.toString());
    if (resource == null && address.isEmpty()) {
      resource = root;
    }
    if (resource == null || fragment.isEmpty()) {
      return Optional.ofNullable(resource);
    }
    if (!fragment.startsWith("/")) {
      return Optional.ofNullable(byAddress.get(whole + "#" + fragment))
          .or(() -> Optional.ofNullable(byAddress.get(base + "#" + fragment)));
    }
    return walk(resource, fragment).or(() -> walk(root, fragment));
  }

  private static Optional<JsonNode> walk(JsonNode from, String fragment) {
    JsonNode at = from;
    for (String part : decoded(fragment).substring(1).split("/", -1)) {
      String step = part.replace("~1", "/").replace("~0", "~");
      if (at.isArray()) {
        at = step.matches("[0-9]{1,9}") ? at.get(Integer.parseInt(step)) : null;
      } else {
        at = at.get(step);
      }
      if (at == null) {
        return Optional.empty();
      }
    }
    return at.isObject() || at.isBoolean() ? Optional.of(at) : Optional.empty();
  }

  private static String decoded(String fragment) {
    try {
      return URLDecoder.decode(fragment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return fragment;
    }
  }

  /// A keyword's value that must be a whole number from 0.
  OptionalInt count(JsonNode node, String keyword) {
    JsonNode value = node.get(keyword);
    if (value == null) {
      return OptionalInt.empty();
    }
    if (value.isNumber()) {
      BigDecimal number = value.decimalValue();
      boolean whole = number.signum() >= 0 && number.stripTrailingZeros().scale() <= 0;
      if (whole) {
        return OptionalInt.of(number.min(BigDecimal.valueOf(1_000_000_000)).intValue());
      }
    }
    throw wrong(node, keyword, "must be a whole number from 0");
  }

  /// A keyword's value that must be a number.
  Optional<BigDecimal> number(JsonNode node, String keyword) {
    JsonNode value = node.get(keyword);
    if (value == null || value.isBoolean()) {
      return Optional.empty();
    }
    if (!value.isNumber()) {
      throw wrong(node, keyword, "must be a number");
    }
    return Optional.of(sound(node, value));
  }

  /// A number that is not so large or so fine that its digits would fill the memory.
  BigDecimal sound(JsonNode node, JsonNode number) {
    BigDecimal value = number.decimalValue();
    if (value.scale() > MOST_DIGITS || (long) value.precision() - value.scale() > MOST_DIGITS) {
      throw new ConstraintException(
          "a number at "
              + pointer(node)
              + " of the schema has more than "
              + MOST_DIGITS
              + " digits, which is not supported; use a smaller one");
    }
    return value;
  }

  /// A keyword's value that must be a list of texts.
  List<String> texts(JsonNode node, String keyword) {
    JsonNode value = node.get(keyword);
    if (value == null) {
      return List.of();
    }
    return texts(node, keyword, value);
  }

  List<String> texts(JsonNode node, String keyword, JsonNode value) {
    if (!value.isArray()) {
      if (keyword.equals("required") && value.isBoolean()) {
        ignore(node, keyword); // draft 3 wrote it so
        return List.of();
      }
      throw wrong(node, keyword, "must be a list of texts");
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode one : value) {
      if (!one.isString()) {
        throw wrong(node, keyword, "must be a list of texts");
      }
      texts.add(one.stringValue());
    }
    return texts;
  }

  /// A keyword's value that must be an object; empty without it.
  Set<Map.Entry<String, JsonNode>> members(JsonNode node, String keyword) {
    JsonNode value = node.get(keyword);
    if (value == null) {
      return Set.of();
    }
    if (!value.isObject()) {
      throw wrong(node, keyword, "must be an object");
    }
    return value.properties();
  }

  ConstraintException wrong(JsonNode node, String keyword, String what) {
    return new ConstraintException(
        "the keyword '" + keyword + "' at " + pointer(node) + " of the schema " + what);
  }
}
