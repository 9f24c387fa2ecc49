package llava4j.cli.option;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.text.TokenizerFiles;
import llava4j.text.tokenizer.Tokenizer;

/// The tokenizer of a model on the command line.
public final class TokenizerChoice {
  private TokenizerChoice() {}

  /// Opens the tokenizer of a folder, a `tokenizer.model`, or a hub model that is already in the
  /// cache. It does not download a whole model for its tokenizer.
  public static Tokenizer open(String model, PrintWriter err) {
    Path path = Path.of(model);
    if (Files.isRegularFile(path)) {
      return TokenizerFiles.openModel(path, path.toAbsolutePath().getParent());
    }
    return TokenizerFiles.open(
        Files.isDirectory(path) ? path : new HubDownloads(true, err).folderOf(model));
  }
}
