package llava4j.cli.option;

import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.error.BadInputException;

/// The small model in the repository, which is used if no model is named.
public final class BundledModel {
  /// The system property with the folder of the checkout; set by the launcher.
  public static final String CHECKOUT = "llava.checkout";

  static final String NOTE =
      "llava: this is llava-tiny, a small bundled model that knows drawings of about fifty things and"
          + " little else; for photographs use a larger model, such as -m llava-hf/llava-1.5-7b-hf";

  private BundledModel() {}

  /// Its folder.
  ///
  /// @throws BadInputException if it is not there
  public static Path folder() {
    String checkout = System.getProperty(CHECKOUT);
    Path folder = checkout == null ? null : Path.of(checkout, "models", "llava-tiny");
    if (folder == null || !Files.isDirectory(folder)) {
      throw new BadInputException(
          "no model is named; use --model with a folder, a .gguf file or the owner/name of a hub model, or set"
              + " LLAVA_MODEL");
    }
    return folder;
  }
}
