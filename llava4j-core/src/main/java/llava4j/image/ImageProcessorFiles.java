package llava4j.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Finds the settings of a model folder's image processor, in the order of transformers 5:
/// `image_processor` within `processor_config.json`, then `preprocessor_config.json`.
public final class ImageProcessorFiles {
  private static final String PROCESSOR = "processor_config.json";

  private ImageProcessorFiles() {}

  /// The settings of a folder's image processor.
  ///
  /// @param where the file, for messages
  /// @param padsToSquare `do_pad` of LLaVA's own processor; empty for CLIP's, which has no such
  ///   setting
  public record Found(ImageProcessorConfig config, String where, Optional<Boolean> padsToSquare) {}

  /// The folder's image processor; empty if no file describes it.
  ///
  /// @throws BadInputException if a file is broken or has unsupported settings
  public static Optional<Found> find(Path folder) {
    JsonNode nested = processor(folder).path("image_processor");
    if (nested.isObject()) {
      return Optional.of(found(nested, folder.resolve(PROCESSOR) + ", image_processor"));
    }
    Path file = folder.resolve("preprocessor_config.json");
    return Files.isRegularFile(file)
        ? Optional.of(found(read(file), file.toString()))
        : Optional.empty();
  }

  /// Refuses a processor that counts other rows for an image than the model makes: transformers
  /// would fail on the first image.
  ///
  /// @param keepsClassRow whether the model keeps the class token of the vision tower
  public static void requireRows(Path folder, int patchSize, boolean keepsClassRow) {
    JsonNode processor = processor(folder);
    require(folder, processor, "patch_size", String.valueOf(patchSize));
    require(folder, processor, "num_additional_image_tokens", "1");
    require(
        folder, processor, "vision_feature_select_strategy", keepsClassRow ? "full" : "default");
  }

  private static void require(Path folder, JsonNode processor, String key, String expected) {
    JsonNode value = processor.path(key);
    if (!value.isMissingNode() && !value.isNull() && !value.asString("").equals(expected)) {
      throw new BadInputException(
          folder.resolve(PROCESSOR)
              + ": "
              + key
              + " is "
              + value
              + ", but config.json makes it "
              + expected
              + "; correct one of the two");
    }
  }

  private static Found found(JsonNode json, String where) {
    boolean llavas =
        json.path("image_processor_type").asString("").startsWith("LlavaImageProcessor");
    JsonNode pads = json.path("do_pad");
    if (llavas && !pads.isMissingNode() && !pads.isNull() && !pads.isBoolean()) {
      throw new BadInputException(where + ": do_pad is " + pads + ", but it must be true or false");
    }
    return new Found(
        ImageProcessorConfig.of(json, where),
        where,
        llavas ? Optional.of(pads.asBoolean(false)) : Optional.empty());
  }

  private static JsonNode processor(Path folder) {
    Path file = folder.resolve(PROCESSOR);
    return Files.isRegularFile(file) ? read(file) : new JsonMapper().createObjectNode();
  }

  private static JsonNode read(Path file) {
    try {
      return new JsonMapper().readTree(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    } catch (JacksonException e) {
      throw new BadInputException(file + " is not valid JSON; download it again", e);
    }
  }
}
