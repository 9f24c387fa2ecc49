package llava4j.text.tokenizer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import llava4j.golden.Golden;
import llava4j.text.tokenizer.SentencePieceModel.Piece;
import llava4j.text.tokenizer.SentencePieceTokenizer.Settings;

/// The tokenizers of the golden folder, opened without its settings files.
public final class GoldenTokenizers {
  private GoldenTokenizers() {}

  public static Path folder() {
    return Golden.path("tokenizer");
  }

  static byte[] modelBytes() {
    try {
      return Files.readAllBytes(folder().resolve("tokenizer.model"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static SentencePieceModel model() {
    return SentencePieceModel.parse(modelBytes(), "tokenizer.model");
  }

  public static SentencePieceTokenizer slow(boolean legacy) {
    return new SentencePieceTokenizer(model(), Settings.llama(legacy));
  }

  static JsonTokenizer fast() {
    return new JsonTokenizer(
        folder().resolve("tokenizer.json"), "<s>", "</s>", OptionalInt.empty());
  }

  /// Built from the lists that a GGUF file of the same model holds.
  public static SentencePieceTokenizer gguf() {
    List<Piece> pieces = model().pieces();
    GgufSentencePieces vocabulary =
        new GgufSentencePieces(
            "model.gguf",
            "llama",
            pieces.stream().map(Piece::text).toList(),
            pieces.stream().map(Piece::score).toList(),
            pieces.stream().map(piece -> piece.type().number()).toList(),
            1,
            2,
            OptionalInt.empty(),
            true,
            true);
    return vocabulary.tokenizer();
  }
}
