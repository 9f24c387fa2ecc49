package llava4j.config;

import java.nio.file.Path;
import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.error.LfsPointer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A JSON object of a model's configuration. It knows its file, so that error messages can name it.
public final class ConfigNode {
  private static final JsonMapper JSON = new JsonMapper();

  private final Path file;
  private final String prefix;
  private final JsonNode node;

  private ConfigNode(Path file, String prefix, JsonNode node) {
    this.file = file;
    this.prefix = prefix;
    this.node = node;
  }

  /// Reads a file that must contain a JSON object.
  public static ConfigNode read(Path file) {
    LfsPointer.refuse(file);
    try {
      JsonNode node = JSON.readTree(file.toFile());
      if (!node.isObject()) {
        throw new BadInputException(file + " must contain a JSON object; download it again");
      }
      return new ConfigNode(file, "", node);
    } catch (JacksonException e) {
      throw new BadInputException(file + " is not readable JSON: " + e.getOriginalMessage(), e);
    }
  }

  public Path file() {
    return file;
  }

  /// The raw JSON.
  public JsonNode json() {
    return node;
  }

  /// Whether the key exists and its value is not null.
  public boolean has(String key) {
    return node.hasNonNull(key);
  }

  /// The object without a key.
  public ConfigNode without(String key) {
    ObjectNode rest = (ObjectNode) node.deepCopy();
    rest.remove(key);
    return new ConfigNode(file, prefix, rest);
  }

  /// The object under `key`, if there is one.
  public Optional<ConfigNode> object(String key) {
    if (!has(key)) {
      return Optional.empty();
    }
    if (!node.get(key).isObject()) {
      throw wrong(key, "an object");
    }
    return Optional.of(new ConfigNode(file, prefix + key + ".", node.get(key)));
  }

  public int integer(String key, int otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    if (!node.get(key).canConvertToInt() || !node.get(key).isIntegralNumber()) {
      throw wrong(key, "an integer");
    }
    return node.get(key).asInt();
  }

  public int integer(String key) {
    if (!has(key)) {
      throw new BadInputException(
          file + " lacks " + prefix + key + ", which this architecture needs");
    }
    return integer(key, 0);
  }

  public double number(String key, double otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    if (!node.get(key).isNumber()) {
      throw wrong(key, "a number");
    }
    return node.get(key).asDouble();
  }

  public boolean flag(String key, boolean otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    if (!node.get(key).isBoolean()) {
      throw wrong(key, "true or false");
    }
    return node.get(key).asBoolean();
  }

  public String text(String key, String otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    if (!node.get(key).isString()) {
      throw wrong(key, "a string");
    }
    return node.get(key).asString();
  }

  /// An exception that names the file, the key and the value.
  public BadInputException wrong(String key, String expected) {
    return new BadInputException(
        file + ": " + prefix + key + " must be " + expected + ", not " + node.get(key));
  }
}
