package llava4j.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import llava4j.text.tokenizer.JsonTokenizer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A tokenizer whose tokens are single ASCII characters, so that a chat needs no other files.
final class LetterTokenizer {
  private static final char FIRST = ' ';
  private static final char LAST = '~';
  private static final String[] SPECIALS = {"<unk>", "<s>", "</s>", "<image>"};

  private LetterTokenizer() {}

  /// Number of its tokens.
  static int size() {
    return SPECIALS.length + LAST - FIRST + 1;
  }

  /// Writes the tokenizer's file into `folder` and opens it.
  static JsonTokenizer create(Path folder) {
    JsonMapper json = new JsonMapper();
    ObjectNode root = json.createObjectNode();
    ArrayNode added = root.putArray("added_tokens");
    ObjectNode model = root.putObject("model");
    model.put("type", "BPE").put("unk_token", "<unk>");
    ObjectNode vocabulary = model.putObject("vocab");
    for (String special : SPECIALS) {
      int id = vocabulary.size();
      vocabulary.put(special, id);
      added
          .addObject()
          .put("id", id)
          .put("content", special)
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    for (char letter = FIRST; letter <= LAST; letter++) {
      vocabulary.put(String.valueOf(letter), vocabulary.size());
    }
    model.putArray("merges");
    root.putObject("decoder").put("type", "Fuse");
    Path file = folder.resolve("tokenizer.json");
    try {
      Files.writeString(file, json.writeValueAsString(root));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new JsonTokenizer(file, "<s>", "</s>", OptionalInt.empty());
  }
}
