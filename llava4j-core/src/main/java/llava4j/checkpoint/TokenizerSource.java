package llava4j.checkpoint;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import llava4j.text.ImageMarks;
import llava4j.text.TokenizerFiles;
import llava4j.text.tokenizer.Tokenizer;

/// Opens a checkpoint's tokenizer, and knows where its files are, for those who write them on.
@FunctionalInterface
public interface TokenizerSource extends Supplier<Tokenizer> {

  /// The folder with the tokenizer's files; empty where the tokenizer comes from somewhere else.
  default Optional<Path> folder() {
    return Optional.empty();
  }

  /// The chat template that came with a tokenizer that has no folder, a Jinja text.
  default Optional<String> chatTemplate() {
    return Optional.empty();
  }

  /// The tokenizer of a folder.
  static TokenizerSource of(Path folder) {
    return of(folder, ImageMarks.NONE);
  }

  /// The tokenizer of a folder, with tokens around images that the vocabulary must have or be
  /// given.
  static TokenizerSource of(Path folder, ImageMarks marks) {
    return new OfFolder(folder, marks);
  }

  /// A tokenizer of metadata, with the chat template that stands beside it.
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
