package llava4j.cli.option;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.text.TokenizerFiles;
import llava4j.text.tokenizer.Tokenizer;

/// The tokenizer of a model that is named on the command line.
public final class TokenizerChoice {
  private TokenizerChoice() {}

  /// Opens a folder, a `tokenizer.model`, or what a hub's cache already has under a name: a whole
  /// model is not fetched for its tokenizer.
  public static Tokenizer open(String model, PrintWriter err) {
    Path path = Path.of(model);
    if (Files.isRegularFile(path)) {
      return TokenizerFiles.openModel(path, path.toAbsolutePath().getParent());
    }
    return TokenizerFiles.open(
        Files.isDirectory(path) ? path : new HubDownloads(true, err).folderOf(model));
  }
}
