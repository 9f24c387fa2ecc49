package llava4j.text.template;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Finds a model folder's own chat template, a Jinja text that converts messages to a prompt.
public final class ChatTemplateFiles {
  private static final String KEY = "chat_template";
  private static final String DEFAULT = "default";
  private static final long MAX_FILE_BYTES = 16L << 20;

  private ChatTemplateFiles() {}

  /// The source text of a folder's chat template; empty if the folder has none.
  ///
  /// The order is that of transformers 5: first the processor's template (`chat_template` in
  /// `processor_config.json`, then `chat_template.json`, then `chat_template.jinja`), then the
  /// tokenizer's (`chat_template` in `tokenizer_config.json`). If a file has several named
  /// templates, the one called "default" is used.
  ///
  /// @throws BadInputException if the file is invalid, or has named templates but no default
  public static Optional<String> find(Path folder) {
    return inJson(folder.resolve("processor_config.json"))
        .or(() -> inJson(folder.resolve("chat_template.json")))
        .or(() -> text(folder.resolve("chat_template.jinja")))
        .or(() -> inJson(folder.resolve("tokenizer_config.json")));
  }

  private static Optional<String> text(Path file) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    requireSmall(file);
    try {
      return Optional.of(Files.readString(file));
    } catch (IOException e) {
      throw new BadInputException(
          file + " cannot be read as UTF-8 text: " + e.getMessage() + "; download it again", e);
    }
  }

  private static Optional<String> inJson(Path file) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    requireSmall(file);
    JsonNode template;
    try {
      template = new JsonMapper().readTree(file.toFile()).path(KEY);
    } catch (JacksonException e) {
      throw new BadInputException(
          file + " is not readable JSON: " + e.getOriginalMessage() + "; download it again", e);
    }
    if (template.isMissingNode() || template.isNull()) {
      return Optional.empty();
    }
    if (template.isString()) {
      return Optional.of(template.asString());
    }
    return Optional.of(defaultOf(template, file));
  }

  /// The default of `{"default": text, ...}`, or of `[{"name": "default", "template": text}, ...]`.
  private static String defaultOf(JsonNode templates, Path file) {
    List<String> names = new ArrayList<>(templates.propertyNames());
    JsonNode found = templates.path(DEFAULT);
    for (JsonNode named : templates.isArray() ? templates : List.<JsonNode>of()) {
      names.add(named.path("name").asString("?"));
      found = names.getLast().equals(DEFAULT) ? named.path("template") : found;
    }
    if (!found.isString()) {
      throw new BadInputException(
          file
              + ": chat_template is neither a text nor a set of named texts with one called \"default\""
              + (names.isEmpty() ? "" : " (it has " + names + ")")
              + "; name one of them \"default\", or select a conversation template with --template");
    }
    return found.asString();
  }

  private static void requireSmall(Path file) {
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw new BadInputException(
            file
                + " has "
                + Files.size(file)
                + " bytes, which is too large for this file; download it again");
      }
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
  }
}
