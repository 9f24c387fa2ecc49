package llava4j.server.request;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// The fields of a JSON object, each with its type. A field that is null counts as absent. Every
/// field has to be read, declared harmless or refused: [#requireNoOther] refuses what is left, so a
/// misspelt field is an error and not a default.
public final class Fields {
  private final JsonNode node;
  private final String path;
  private final Set<String> known = new HashSet<>();

  private Fields(JsonNode node, String path) {
    this.node = node;
    this.path = path;
  }

  /// @param path of the object in the body, such as `messages[0]`; empty for the body
  public static Fields of(JsonNode node, String path) {
    if (!node.isObject()) {
      throw Refusal.badField(path, path + " must be an object, not " + kind(node));
    }
    return new Fields(node, path);
  }

  /// Where a field is, for messages.
  public String path(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  /// A field of any type.
  public Optional<JsonNode> any(String name) {
    known.add(name);
    JsonNode value = node.get(name);
    return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
  }

  public Optional<String> text(String name) {
    return any(name)
        .map(value -> {
          if (!value.isString()) {
            throw wrongType(name, "a string", value);
          }
          return value.stringValue();
        });
  }

  public String requiredText(String name) {
    return text(name).orElseThrow(() -> missing(name));
  }

  public Optional<Boolean> flag(String name) {
    return any(name)
        .map(value -> {
          if (!value.isBoolean()) {
            throw wrongType(name, "true or false", value);
          }
          return value.booleanValue();
        });
  }

  /// A number from `least` to `most`.
  public OptionalDouble number(String name, double least, double most) {
    return number(name, least, most, "between " + shown(least) + " and " + shown(most));
  }

  /// A number above 0, at most `most`.
  public OptionalDouble positive(String name, double most) {
    return number(name, Double.MIN_VALUE, most, "above 0 and at most " + shown(most));
  }

  private OptionalDouble number(String name, double least, double most, String range) {
    Optional<BigDecimal> value = decimal(name, "a number");
    if (value.isEmpty()) {
      return OptionalDouble.empty();
    }
    double found = value.get().doubleValue();
    if (found < least || found > most) {
      throw outOfRange(name, range, value.get());
    }
    return OptionalDouble.of(found);
  }

  private Optional<BigDecimal> decimal(String name, String expected) {
    return any(name)
        .map(value -> {
          if (!value.isNumber()) {
            throw wrongType(name, expected, value);
          }
          return value.decimalValue();
        });
  }

  private Refusal outOfRange(String name, String range, BigDecimal found) {
    String shown = found.toString();
    String cut = shown.length() > 40 ? shown.substring(0, 40) + "..." : shown;
    return Refusal.badField(path(name), path(name) + " must be " + range + ", not " + cut);
  }

  private static String shown(double value) {
    return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
  }

  public OptionalLong whole(String name, long least, long most) {
    Optional<BigDecimal> value = decimal(name, "a whole number");
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    BigDecimal found = value.get();
    if (found.compareTo(BigDecimal.valueOf(least)) < 0
        || found.compareTo(BigDecimal.valueOf(most)) > 0) {
      throw outOfRange(name, "between " + least + " and " + most, found);
    }
    if (found.signum() != 0 && found.stripTrailingZeros().scale() > 0) {
      throw wrongType(name, "a whole number", any(name).orElseThrow());
    }
    return OptionalLong.of(found.longValue());
  }

  public OptionalInt integer(String name, int least, int most) {
    OptionalLong found = whole(name, least, most);
    return found.isEmpty()
        ? OptionalInt.empty()
        : OptionalInt.of(Math.toIntExact(found.getAsLong()));
  }

  public Optional<Fields> object(String name) {
    return any(name).map(value -> of(value, path(name)));
  }

  /// The items of a list; empty if it is absent.
  public List<JsonNode> list(String name) {
    Optional<JsonNode> value = any(name);
    if (value.isEmpty()) {
      return List.of();
    }
    if (!value.get().isArray()) {
      throw wrongType(name, "a list", value.get());
    }
    List<JsonNode> items = new ArrayList<>();
    value.get().forEach(items::add);
    return items;
  }

  /// One text or a list of texts; empty if it is absent.
  public List<String> texts(String name) {
    Optional<JsonNode> value = any(name);
    if (value.isPresent() && value.get().isString()) {
      return List.of(value.get().stringValue());
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode item : list(name)) {
      if (!item.isString()) {
        throw wrongType(name, "a string or a list of strings", item);
      }
      texts.add(item.stringValue());
    }
    return texts;
  }

  /// The type of a field whose value changes nothing.
  public enum Kind {
    TEXT("a string") {
      @Override
      boolean has(JsonNode value) {
        return value.isString();
      }
    },
    FLAG("true or false") {
      @Override
      boolean has(JsonNode value) {
        return value.isBoolean();
      }
    },
    NUMBER("a number") {
      @Override
      boolean has(JsonNode value) {
        return value.isNumber();
      }
    },
    TEXT_OR_NUMBER("a string or a number") {
      @Override
      boolean has(JsonNode value) {
        return value.isString() || value.isNumber();
      }
    },
    LIST("a list") {
      @Override
      boolean has(JsonNode value) {
        return value.isArray();
      }
    },
    OBJECT("an object") {
      @Override
      boolean has(JsonNode value) {
        return value.isObject();
      }
    };

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    abstract boolean has(JsonNode value);
  }

  /// Fields that change nothing in an answer of this server, but have a type all the same.
  public void allow(Kind kind, String... names) {
    for (String name : names) {
      Optional<JsonNode> value = any(name);
      if (value.isPresent() && !kind.has(value.get())) {
        throw wrongType(name, kind.words, value.get());
      }
    }
  }

  /// Refuses fields, unless their value asks for nothing: null, false, 0, an empty list or object.
  ///
  /// @param why a clause for the message
  public void refuse(String why, String... names) {
    for (String name : names) {
      Optional<JsonNode> value = any(name);
      if (value.isPresent() && !asksForNothing(value.get())) {
        throw Refusal.badField(
            path(name), path(name) + " cannot be used: " + why + "; leave it out");
      }
    }
  }

  /// Refuses a field, unless it has a value that stands for what happens anyway.
  public void refuseUnless(String name, Set<String> values, String why) {
    Optional<JsonNode> value = any(name);
    if (value.isPresent()
        && !(value.get().isString() && values.contains(value.get().stringValue()))) {
      throw Refusal.badField(path(name), path(name) + " cannot be used: " + why + "; leave it out");
    }
  }

  /// Refuses all fields that nobody has asked for.
  public void requireNoOther() {
    for (String name : node.propertyNames()) {
      if (!known.contains(name)) {
        String shown = name.length() > 60 ? name.substring(0, 60) + "..." : name;
        throw Refusal.badField(
            path(shown), "there is no field " + path(shown) + "; correct it or leave it out");
      }
    }
  }

  public Refusal missing(String name) {
    return Refusal.badField(path(name), path(name) + " is missing; add it");
  }

  private Refusal wrongType(String name, String expected, JsonNode found) {
    return Refusal.badField(
        path(name), path(name) + " must be " + expected + ", not " + kind(found));
  }

  private static boolean asksForNothing(JsonNode value) {
    return switch (value.getNodeType()) {
      case NULL, MISSING -> true;
      case BOOLEAN -> !value.booleanValue();
      case NUMBER -> value.decimalValue().signum() == 0;
      case ARRAY, OBJECT -> value.isEmpty();
      default -> false;
    };
  }

  private static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case ARRAY -> "a list";
      case OBJECT -> "an object";
      case STRING -> "a string";
      case BOOLEAN -> "true or false";
      case NUMBER -> node.isIntegralNumber() ? "a whole number" : "a fraction";
      default -> "null";
    };
  }
}
