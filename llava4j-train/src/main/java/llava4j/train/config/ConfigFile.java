package llava4j.train.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.StringJoiner;
import java.util.TreeMap;
import llava4j.error.BadInputException;
import llava4j.image.decode.DecodeOptions;
import llava4j.train.shard.GradientExchange;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.LongNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/// Reads and writes a [TrainConfig] as JSON, and replaces single values in it.
public final class ConfigFile {
  /// Keys whose value may be null or absent.
  private static final Set<String> OPTIONAL =
      Set.of(
          "lora",
          "batching.maxSteps",
          "optimization.projectorLearningRate",
          "optimization.visionTowerLearningRate");

  /// Keys that were added in later versions, with the value that applies to files written before.
  private static final Map<String, JsonNode> ADDED_LATER =
      Map.of(
          "data.maxPixels",
          LongNode.valueOf(DecodeOptions.DEFAULT_MAX_PIXELS),
          "execution.exchange",
          StringNode.valueOf(GradientExchange.EXACT.name()));

  /// Keys of earlier versions and their names now; files and overrides may still use them.
  private static final Map<String, String> OLD_NAMES = Map.of("pictures", "images");

  private final JsonMapper json =
      JsonMapper.builder()
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .build();

  /// The configuration as JSON text.
  public String write(TrainConfig config) {
    return json.writerWithDefaultPrettyPrinter().writeValueAsString(config) + "\n";
  }

  /// The configuration as JSON text, for hashes: like [#write], but without settings that did not
  /// exist when the first hashes were made, unless they change something.
  public String describe(TrainConfig config) {
    ObjectNode root = json.valueToTree(config);
    if (config.execution().exchange() == GradientExchange.EXACT) {
      ((ObjectNode) root.get("execution")).remove("exchange");
    }
    return json.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
  }

  /// Reads what [#write] returned.
  ///
  /// @throws BadInputException if the text is not valid JSON, or a value is missing, unknown or out
  ///   of range
  public TrainConfig read(String text) {
    try {
      return bind(json.readTree(text));
    } catch (StreamReadException e) {
      throw new BadInputException(
          "the training configuration is not valid JSON (line "
              + e.getLocation().getLineNr()
              + ", column "
              + e.getLocation().getColumnNr()
              + "); correct it, or use a preset",
          e);
    }
  }

  /// Returns a copy of the configuration with some values replaced.
  ///
  /// @param overrides `key=value`; a key is the last part of a name in the file, such as
  ///   `learningRate`, or the full name, such as `optimization.learningRate`
  /// @throws BadInputException if a key is unknown or ambiguous, or a value is not allowed
  public TrainConfig with(TrainConfig config, List<String> overrides) {
    ObjectNode root = json.valueToTree(config);
    Map<String, ObjectNode> owners = new TreeMap<>();
    collect("", root, owners);
    Map<String, String> given = new TreeMap<>();
    for (String override : overrides) {
      int equals = override.indexOf('=');
      if (equals < 0 || override.substring(0, equals).isBlank()) {
        throw new BadInputException(
            "'" + override + "' is not an override; write key=value, such as learningRate=1e-4");
      }
      String path = find(override.substring(0, equals).strip(), owners);
      String key = path.substring(path.lastIndexOf('.') + 1);
      ObjectNode owner = owners.get(path);
      String value = override.substring(equals + 1).strip();
      String before = given.put(path, value);
      if (before != null) {
        throw new BadInputException(
            key + " is given twice, as " + before + " and as " + value + "; give it once");
      }
      JsonNode parsed = parse(value);
      boolean text = owner.get(key).isString() && (parsed.isNumber() || parsed.isBoolean());
      owner.set(key, text ? json.getNodeFactory().stringNode(value) : parsed);
    }
    return bind(root);
  }

  /// Whether one of the overrides, in the form of [#with], sets this value.
  ///
  /// @param path the full name of the value, such as `data.maxLength`
  public boolean replaces(List<String> overrides, String path) {
    Map<String, ObjectNode> owners = new TreeMap<>();
    collect("", json.valueToTree(Presets.lora("")), owners);
    return overrides.stream()
        .map(override -> override.split("=", 2)[0].strip())
        .anyMatch(key -> find(key, owners).equals(path));
  }

  /// The values that differ, each as `key: one -> other`.
  public List<String> differences(TrainConfig one, TrainConfig other) {
    Map<String, String> first = values(one);
    Map<String, String> second = values(other);
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

  /// All values as JSON, by their full names.
  public SortedMap<String, String> values(TrainConfig config) {
    SortedMap<String, String> values = new TreeMap<>();
    flatten("", json.valueToTree(config), values);
    return values;
  }

  private static String find(String asked, Map<String, ObjectNode> owners) {
    String last = asked.substring(asked.lastIndexOf('.') + 1);
    String key =
        asked.substring(0, asked.length() - last.length())
            + OLD_NAMES.getOrDefault(last.toLowerCase(Locale.ROOT), last);
    List<String> matches =
        owners.keySet().stream()
            .filter(path -> path.equalsIgnoreCase(key) || endsWith(path, "." + key))
            .toList();
    if (matches.size() != 1) {
      throw new BadInputException(
          matches.isEmpty()
              ? "unknown key '" + key + "': use one of " + owners.keySet()
              : "key '"
                  + key
                  + "' is ambiguous: it could be any of "
                  + matches
                  + "; write the full name");
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

  private TrainConfig bind(JsonNode read) {
    JsonNode root = renamed(read);
    ADDED_LATER.forEach((path, value) -> {
      String key = path.substring(path.indexOf('.') + 1);
      if (root.path(path.substring(0, path.indexOf('.'))) instanceof ObjectNode owner
          && !owner.has(key)) {
        owner.set(key, value);
      }
    });
    requireAllKeys("", json.valueToTree(Presets.lora("")), root);
    try {
      return json.treeToValue(root, TrainConfig.class);
    } catch (JacksonException e) {
      throw userError(e, root);
    }
  }

  private static JsonNode renamed(JsonNode root) {
    if (root.path("data") instanceof ObjectNode data) {
      OLD_NAMES.forEach((former, name) -> {
        if (data.has(former) && !data.has(name)) {
          data.set(name, data.remove(former));
        }
      });
    }
    return root;
  }

  /// Checks that no value is missing and no key is unknown.
  ///
  /// @param pattern a configuration in which every key is present
  private static void requireAllKeys(String prefix, ObjectNode pattern, JsonNode node) {
    if (!(node instanceof ObjectNode object)) {
      throw wrong(prefix.substring(0, Math.max(0, prefix.length() - 1)), node, "a JSON object");
    }
    object.propertyNames().stream()
        .filter(key -> !pattern.has(key))
        .findFirst()
        .ifPresent(key -> {
          throw new BadInputException(
              "the training configuration has an unknown key '"
                  + prefix
                  + key
                  + "': use one of "
                  + pattern.propertyNames());
        });
    pattern
        .properties()
        .forEach(entry -> {
          String path = prefix + entry.getKey();
          JsonNode value = object.path(entry.getKey());
          if (value.isMissingNode() || value.isNull()) {
            if (!OPTIONAL.contains(path)) {
              throw new BadInputException(
                  "the training configuration has no value for "
                      + path
                      + (value.isNull() ? " (it is null)" : "")
                      + "; add one, or start from a preset");
            }
          } else if (entry.getValue() instanceof ObjectNode inner) {
            requireAllKeys(path + ".", inner, value);
          }
        });
  }

  /// Messages of our own constructors are written for the user; Jackson's messages are not.
  private static BadInputException userError(JacksonException e, JsonNode root) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof BadInputException plain) {
        return plain;
      }
    }
    StringJoiner path = new StringJoiner(".");
    JsonNode node = root;
    for (JacksonException.Reference step : e.getPath()) {
      if (step.getPropertyName() != null) {
        path.add(step.getPropertyName());
        node = node.path(step.getPropertyName());
      }
    }
    Class<?> type =
        switch (e) {
          case MismatchedInputException mismatch -> mismatch.getTargetType();
          case InputCoercionException coercion -> coercion.getTargetType();
          default -> Object.class;
        };
    return wrong(path.toString(), node, expected(type));
  }

  private static String expected(Class<?> type) {
    if (type == null) {
      return "of another kind";
    }
    if (type.isEnum()) {
      return "one of " + Arrays.toString(type.getEnumConstants());
    }
    return switch (type.getSimpleName()) {
      case "int", "long" -> "a whole number that fits " + type.getSimpleName();
      case "double" -> "a number";
      case "boolean" -> "true or false";
      case "String" -> "a text";
      case "List", "ArrayList" -> "a list, such as [\"q_proj\", \"v_proj\"]";
      default -> "of another kind";
    };
  }

  private static BadInputException wrong(String path, JsonNode value, String expected) {
    String text = value.toString();
    return new BadInputException(
        (path.isEmpty() ? "the training configuration" : path)
            + " is "
            + (text.length() > 60 ? text.substring(0, 60) + "..." : text)
            + "; it must be "
            + expected);
  }
}
