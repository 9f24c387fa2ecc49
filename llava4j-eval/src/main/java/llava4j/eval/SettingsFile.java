package llava4j.eval;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.error.BadInputException;
import llava4j.io.AtomicFile;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The file of a run's settings. It is read and written member by member: Jackson's own mapping of
/// records needs annotations that are newer than those of programs that we are part of (ADR 36).
final class SettingsFile {
  static final String STARTING_ANEW =
      "remove the answers and their settings, or use another --out folder";

  private SettingsFile() {}

  static void write(RunSettings settings, Path file) {
    AtomicFile.writeText(
        file,
        new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(tree(settings))
            + "\n");
  }

  static ObjectNode tree(RunSettings settings) {
    ObjectNode root = new JsonMapper().createObjectNode();
    RunSettings.Asked asked = settings.asked();
    root.putObject("asked")
        .put("imageMode", asked.imageMode())
        .put("maxNewTokens", asked.maxNewTokens())
        .put("maxPixels", asked.maxPixels())
        .put("model", asked.model())
        .put("orientation", asked.orientation().name())
        .put("template", asked.template())
        .put("types", asked.types())
        .put("weights", asked.weights());
    root.put("images", settings.images());
    root.put("ocrTokens", settings.ocrTokens());
    root.put("questions", settings.questions());
    root.put("suffix", settings.suffix());
    root.put("task", settings.task());
    return root;
  }

  /// @throws BadInputException if it has no settings
  static RunSettings read(Path file) {
    try {
      JsonNode root = new JsonMapper().readTree(Files.readString(file));
      JsonNode asked = root.path("asked");
      // what is called images now was called pictures
      JsonNode images = root.path(root.has("images") ? "images" : "pictures");
      return new RunSettings(
          text(root, "task"),
          text(root, "questions"),
          text(root, "suffix"),
          images.asBoolean(),
          root.path("ocrTokens").asBoolean(),
          new RunSettings.Asked(
              text(asked, "model"),
              text(asked, "weights"),
              text(asked, "template"),
              text(asked, "imageMode"),
              asked.has("orientation")
                  ? RunSettings.Orientation.valueOf(text(asked, "orientation"))
                  : null,
              asked.has("maxPixels") ? asked.path("maxPixels").asLong() : null,
              text(asked, "types"),
              asked.path("maxNewTokens").asInt()));
    } catch (JacksonException | IllegalArgumentException e) {
      throw new BadInputException(file + " contains no valid settings; " + STARTING_ANEW, e);
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static String text(JsonNode node, String name) {
    if (!node.path(name).isString()) {
      throw new IllegalArgumentException(name + " is missing");
    }
    return node.path(name).stringValue();
  }
}
