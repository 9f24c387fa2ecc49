package llava4j.checkpoint;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import llava4j.text.ImageMarks;
import llava4j.text.TokenizerFiles;
import llava4j.text.tokenizer.Tokenizer;

/// Opens a checkpoint's tokenizer, and knows the location of its files, for writers that copy them.
@FunctionalInterface
public interface TokenizerSource extends Supplier<Tokenizer> {

  /// The folder with the tokenizer's files; empty if the tokenizer is not from a folder.
  default Optional<Path> folder() {
    return Optional.empty();
  }

  /// The Jinja text of the chat template, for a tokenizer that is not from a folder.
  default Optional<String> chatTemplate() {
    return Optional.empty();
  }

  /// The tokenizer of a folder.
  static TokenizerSource of(Path folder) {
    return of(folder, ImageMarks.NONE);
  }

  /// The tokenizer of a folder, with tokens around images, which are added to the vocabulary if
  /// they are missing.
  static TokenizerSource of(Path folder, ImageMarks marks) {
    return new OfFolder(folder, marks);
  }

  /// A tokenizer from metadata, with the chat template from the same metadata.
  static TokenizerSource of(Supplier<Tokenizer> tokenizer, Optional<String> chatTemplate) {
    return new OfMetadata(tokenizer, chatTemplate);
  }

  /// See [TokenizerSource#of(Path, ImageMarks)].
  record OfFolder(Path path, ImageMarks marks) implements TokenizerSource {
    @Override
    public Tokenizer get() {
      return TokenizerFiles.open(path, marks);
    }

    @Override
    public Optional<Path> folder() {
      return Optional.of(path);
    }
  }

  /// See [TokenizerSource#of(Supplier, Optional)].
  record OfMetadata(Supplier<Tokenizer> tokenizer, Optional<String> chatTemplate)
      implements TokenizerSource {
    @Override
    public Tokenizer get() {
      return tokenizer.get();
    }
  }
}
