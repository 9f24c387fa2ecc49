package llava4j.checkpoint.convert;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llava4j.checkpoint.Checkpoint;
import llava4j.config.ConfigNode;
import llava4j.error.BadInputException;
import llava4j.text.template.ChatTemplateFiles;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The small files of the converted checkpoint: first those of its own folder, then those of its
/// tokenizer's folder (the base of an adapter or of a projector).
record SourceFiles(List<Path> folders, Optional<String> ownTemplate) {

  static SourceFiles of(Checkpoint checkpoint) {
    Set<Path> folders = new LinkedHashSet<>();
    if (Files.isDirectory(checkpoint.location())) {
      folders.add(checkpoint.location());
    }
    checkpoint.tokenizer().folder().ifPresent(folders::add);
    return new SourceFiles(List.copyOf(folders), checkpoint.tokenizer().chatTemplate());
  }

  /// The path of a file, if the source has it.
  Optional<Path> file(String name) {
    return folders.stream()
        .map(folder -> folder.resolve(name))
        .filter(Files::isRegularFile)
        .findFirst();
  }

  /// The object in a JSON file; an empty object if the source has no such file.
  ObjectNode json(String name) {
    ObjectNode empty = new JsonMapper().createObjectNode();
    return file(name)
        .map(file -> (ObjectNode) ConfigNode.read(file).json().deepCopy())
        .orElse(empty);
  }

  /// The value of `key` in the first of these objects that has it; a missing node if none has it.
  static JsonNode first(String key, JsonNode... objects) {
    JsonNode found = objects[0].path(key);
    for (JsonNode object : objects) {
      if (object.hasNonNull(key)) {
        return object.get(key);
      }
    }
    return found;
  }

  /// The bytes of an existing file.
  static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /// The source's chat template, a Jinja text.
  Optional<String> chatTemplate() {
    return folders.stream()
        .map(ChatTemplateFiles::find)
        .flatMap(Optional::stream)
        .findFirst()
        .or(() -> ownTemplate);
  }
}
