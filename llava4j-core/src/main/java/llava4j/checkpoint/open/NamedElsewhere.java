package llava4j.checkpoint.open;

import java.nio.file.Path;
import java.util.function.Function;
import llava4j.config.ConfigNode;
import llava4j.error.BadInputException;

/// A part that a checkpoint's configuration names but does not contain; the name is often a path on
/// the machine of the training. Messages name the file and the key, and the option that replaces
/// it.
record NamedElsewhere(String what, String key, String option, String example) {
  static final NamedElsewhere VISION_TOWER =
      new NamedElsewhere(
          "vision tower",
          "mm_vision_tower",
          "--vision-tower",
          "openai/clip-vit-large-patch14-336 for LLaVA-1.5");
  static final NamedElsewhere BASE =
      new NamedElsewhere(
          "base model of the adapter",
          "base_model_name_or_path",
          "--base DIR",
          "its folder, or its owner/name on a hub");

  /// The folder that `config` names.
  ///
  /// @param resolve finds a path or a hub model
  Path resolve(ConfigNode config, Function<String, Path> resolve) {
    String name = config.text(key, "");
    if (name.isBlank()) {
      throw new BadInputException(
          config.file() + " names no " + what + " (" + key + "); " + remedy());
    }
    try {
      return resolve.apply(name);
    } catch (BadInputException e) {
      String why = isPath(name) ? "which is not a folder here" : e.getMessage();
      throw new BadInputException(
          config.file()
              + " names the "
              + what
              + " '"
              + name.replace("\0", "\\0")
              + "' ("
              + key
              + "), "
              + (isPath(name) ? why : "which could not be opened: " + why)
              + "; "
              + remedy(),
          e);
    }
  }

  private String remedy() {
    return "name it with " + option + " (" + example + ")";
  }

  /// Whether a name can only be a path: hub names have the form `owner/name`.
  private static boolean isPath(String name) {
    return !name.matches("[A-Za-z0-9][\\w.-]*/[\\w.-]+(@[\\w./-]+)?");
  }
}
