package llava4j.cli.option;

import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.error.BadInputException;

/// The small model that lies in the repository, for those who name none.
public final class BundledModel {
  /// Set by the launcher: the checkout's folder.
  public static final String CHECKOUT = "llava.checkout";

  static final String NOTE =
      "llava: this is llava-tiny, a small bundled model that knows drawings of fifty things and little"
          + " else; a model that knows photographs: -m llava-hf/llava-1.5-7b-hf";

  private BundledModel() {}

  static Path folder() {
    String checkout = System.getProperty(CHECKOUT);
    Path folder = checkout == null ? null : Path.of(checkout, "models", "llava-tiny");
    if (folder == null || !Files.isDirectory(folder)) {
      throw new BadInputException(
          "no model is named; use --model with a folder, a .gguf file or a hub's owner/name, or set"
              + " LLAVA_MODEL");
    }
    return folder;
  }
}
