package llava4j.constraint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// JSON-Schema-Test-Suite's files of draft 2020-12: schemas with instances that are right or wrong.
final class SchemaSuite {
  private static final Path FOLDER =
      Path.of("src", "test", "resources", "json-schema-test-suite", "draft2020-12");
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES) // 1.0 is another text than 1
          .build();

  /// What a valid validator must know, and what it may know.
  enum Part {
    REQUIRED,
    OPTIONAL
  }

  /// An instance as compact JSON.
  ///
  /// @param written with its members as they stand in the file
  /// @param ordered with the members that the schema names in the schema's order, others behind
  record Instance(String name, boolean isRight, String written, String ordered) {}

  /// A schema with its instances.
  record Group(String file, String name, String schema, List<Instance> instances) {
    Group {
      instances = List.copyOf(instances);
    }
  }

  private SchemaSuite() {}

  static List<Group> groups(Part part) throws IOException {
    List<Group> groups = new ArrayList<>();
    try (Stream<Path> files = Files.walk(FOLDER)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        String name = FOLDER.relativize(file).toString().replace('\\', '/');
        if (name.startsWith("optional/") == (part == Part.OPTIONAL)) {
          for (JsonNode group : JSON.readTree(Files.readString(file))) {
            groups.add(group(name, group));
          }
        }
      }
    }
    return groups;
  }

  private static Group group(String file, JsonNode group) {
    JsonNode schema = group.get("schema");
    Set<String> names = new LinkedHashSet<>();
    addProperties(schema, names);
    addOthers(schema, names);
    List<String> order = List.copyOf(names);
    List<Instance> instances = new ArrayList<>();
    for (JsonNode test : group.get("tests")) {
      instances.add(
          new Instance(
              test.get("description").stringValue(),
              test.get("valid").booleanValue(),
              test.get("data").toString(),
              ordered(test.get("data"), order).toString()));
    }
    return new Group(file, group.get("description").stringValue(), schema.toString(), instances);
  }

  private static void addProperties(JsonNode schema, Set<String> names) {
    if (schema.path("properties").isObject()) {
      names.addAll(schema.get("properties").propertyNames());
    }
    schema.forEach(part -> addProperties(part, names));
  }

  // names that stand elsewhere, such as those of `dependentRequired` and of an object as `const`
  private static void addOthers(JsonNode schema, Set<String> names) {
    names.addAll(schema.propertyNames());
    schema.forEach(part -> addOthers(part, names));
  }

  private static JsonNode ordered(JsonNode value, List<String> names) {
    if (value.isObject()) {
      ObjectNode object = JSON.createObjectNode();
      value.properties().stream()
          .sorted(
              Comparator.comparingInt((Map.Entry<String, JsonNode> member) -> {
                int place = names.indexOf(member.getKey());
                return place < 0 ? names.size() : place;
              }))
          .forEach(member -> object.set(member.getKey(), ordered(member.getValue(), names)));
      return object;
    }
    if (value.isArray()) {
      ArrayNode array = JSON.createArrayNode();
      value.forEach(item -> array.add(ordered(item, names)));
      return array;
    }
    return value;
  }
}
