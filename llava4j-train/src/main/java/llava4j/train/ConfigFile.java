package llava4j.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A [TrainConfig] as JSON, and with single values replaced.
public final class ConfigFile {
  private final JsonMapper json =
      JsonMapper.builder()
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  public String write(TrainConfig config) {
    return json.writerWithDefaultPrettyPrinter().writeValueAsString(config) + "\n";
  }

  public TrainConfig read(String text) {
    try {
      return json.readValue(text, TrainConfig.class);
    } catch (JacksonException e) {
      throw readable(e);
    }
  }

  /// Replaces values.
  ///
  /// @param overrides `key=value`; a key is the last part of a name in the file, such as
  ///   `learningRate`, or the whole of it, such as `optimization.learningRate`
  public TrainConfig with(TrainConfig config, List<String> overrides) {
    ObjectNode root = json.valueToTree(config);
    Map<String, ObjectNode> owners = new TreeMap<>();
    collect("", root, owners);
    for (String override : overrides) {
      int equals = override.indexOf('=');
      if (equals < 1) {
        throw new BadInputException(
            "'" + override + "' is no override; write key=value, such as learningRate=1e-4");
      }
      String path = find(override.substring(0, equals).strip(), owners);
      String key = path.substring(path.lastIndexOf('.') + 1);
      owners.get(path).set(key, parse(override.substring(equals + 1).strip()));
    }
    try {
      return json.treeToValue(root, TrainConfig.class);
    } catch (JacksonException e) {
      throw readable(e);
    }
  }

  /// Values that differ, as `key: one -> other`.
  public List<String> differences(TrainConfig one, TrainConfig other) {
    Map<String, String> first = new TreeMap<>();
    Map<String, String> second = new TreeMap<>();
    flatten("", json.valueToTree(one), first);
    flatten("", json.valueToTree(other), second);
    List<String> differences = new ArrayList<>();
    second.keySet().forEach(key -> first.putIfAbsent(key, "absent"));
    first.forEach((key, value) -> {
      String there = second.getOrDefault(key, "absent");
      if (!value.equals(there)) {
        differences.add(key + ": " + value + " -> " + there);
      }
    });
    return differences;
  }

  private static String find(String key, Map<String, ObjectNode> owners) {
    List<String> matches =
        owners.keySet().stream()
            .filter(path -> path.equalsIgnoreCase(key) || endsWith(path, "." + key))
            .toList();
    if (matches.size() != 1) {
      throw new BadInputException(
          matches.isEmpty()
              ? "unknown key '" + key + "': use one of " + owners.keySet()
              : "key '" + key + "' could be any of " + matches + "; write it in full");
    }
    return matches.getFirst();
  }

  private static boolean endsWith(String path, String end) {
    return path.regionMatches(true, path.length() - end.length(), end, 0, end.length());
  }

  private JsonNode parse(String value) {
    try {
      JsonNode node = json.readTree(value);
      return node.isContainer() || node.isNumber() || node.isBoolean() || node.isNull()
          ? node
          : json.getNodeFactory().stringNode(node.asString());
    } catch (JacksonException e) {
      return json.getNodeFactory().stringNode(value);
    }
  }

  private static void collect(String prefix, ObjectNode node, Map<String, ObjectNode> owners) {
    node.properties()
        .forEach(entry -> {
          String path = prefix + entry.getKey();
          if (entry.getValue() instanceof ObjectNode inner) {
            collect(path + ".", inner, owners);
          } else {
            owners.put(path, node);
          }
        });
  }

  private static void flatten(String prefix, JsonNode node, Map<String, String> values) {
    if (node instanceof ObjectNode object) {
      object
          .properties()
          .forEach(entry -> flatten(prefix + entry.getKey() + ".", entry.getValue(), values));
    } else {
      values.put(prefix.substring(0, Math.max(0, prefix.length() - 1)), node.toString());
    }
  }

  /// Jackson wraps what our constructors say; the user needs that sentence alone.
  private static BadInputException readable(JacksonException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof BadInputException plain) {
        return plain;
      }
    }
    if (e instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null) {
      String key =
          e.getPath().stream()
              .map(JacksonException.Reference::getPropertyName)
              .collect(Collectors.joining("."));
      Object value = e instanceof InvalidFormatException format ? format.getValue() : "unusable";
      return new BadInputException(
          key + " is " + value + "; it must be " + wanted(mismatch.getTargetType()), e);
    }
    return new BadInputException(
        "the training configuration cannot be read: " + e.getOriginalMessage(), e);
  }

  private static String wanted(Class<?> type) {
    return type.isEnum()
        ? "one of " + Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT)
        : "of type " + type.getSimpleName();
  }
}
