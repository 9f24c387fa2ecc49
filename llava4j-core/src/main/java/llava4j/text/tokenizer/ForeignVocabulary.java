package llava4j.text.tokenizer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import llava4j.error.BadInputException;

/// Detects unsupported tokenizer files and names their kind.
public final class ForeignVocabulary {
  private static final Pattern TIKTOKEN_LINE = Pattern.compile("[A-Za-z0-9+/]+={0,2} \\d+");
  private static final int FIRST_BYTES = 200;
  private static final String REMEDY =
      "; download tokenizer.json of the model's Hugging Face release, or make it with transformers:"
          + " AutoTokenizer.from_pretrained(..., trust_remote_code=True).save_pretrained(...)";

  private ForeignVocabulary() {}

  /// What a folder without a supported tokenizer has instead, and what to do.
  public static String remedy(Path folder) {
    List<String> names;
    try (Stream<Path> files = Files.list(folder)) {
      names = files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be listed: " + e.getMessage(), e);
    }
    for (String name : names) {
      if (name.endsWith(".tiktoken")) {
        return " but a tiktoken vocabulary, " + name + ", which is not supported" + REMEDY;
      }
      if (name.equals("tekken.json")) {
        return " but Mistral's own tekken.json, which is not supported" + REMEDY;
      }
      if (name.matches("tokenization_.*\\.py")) {
        return " but a tokenizer in Python, " + name + ", which is not executed" + REMEDY;
      }
      if (name.equals("vocab.json") && names.contains("merges.txt")) {
        return " but vocab.json and merges.txt, the slow tokenizer's files, which are not supported"
            + REMEDY;
      }
    }
    return "; download the checkpoint's tokenizer files";
  }

  /// LLaMA 3's own release has a tiktoken vocabulary with the file name of a SentencePiece model.
  ///
  /// @throws BadInputException if `bytes` is such a vocabulary
  static void requireNoTiktoken(byte[] bytes, String where) {
    String beginning =
        new String(bytes, 0, Math.min(bytes.length, FIRST_BYTES), StandardCharsets.ISO_8859_1);
    String line = beginning.lines().findFirst().orElse("");
    if (TIKTOKEN_LINE.matcher(line).matches()) {
      throw new BadInputException(
          where + " is a tiktoken vocabulary, not a SentencePiece model" + REMEDY);
    }
  }
}
