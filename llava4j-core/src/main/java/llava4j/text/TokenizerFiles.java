package llava4j.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import llava4j.error.BadInputException;
import llava4j.text.SentencePieceTokenizer.Settings;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The tokenizer files of a model folder.
///
/// `tokenizer.model` comes first where it is there: the paper's tokenizer is the slow one, and
/// Hugging Face folders of LLaVA carry the same model beside `tokenizer.json`. A folder with the
/// JSON alone is read by Hugging Face's library.
public final class TokenizerFiles {
  private static final JsonMapper JSON = new JsonMapper();

  private TokenizerFiles() {}

  /// Opens the tokenizer of a folder.
  public static Tokenizer open(Path folder) {
    Path model = folder.resolve("tokenizer.model");
    if (Files.isRegularFile(model)) {
      return openModel(model, folder);
    }
    Path json = folder.resolve("tokenizer.json");
    if (!Files.isRegularFile(json)) {
      throw new BadInputException(
          folder
              + " has neither tokenizer.model nor tokenizer.json; fetch the checkpoint's tokenizer files");
    }
    JsonNode config = readIfThere(folder.resolve("tokenizer_config.json"));
    return new JsonTokenizer(
        json,
        content(config.path("bos_token"), "<s>"),
        content(config.path("eos_token"), "</s>"),
        padId(config, added(folder, Integer.MIN_VALUE)));
  }

  /// Opens a SentencePiece model with the settings that stand beside it.
  public static SentencePieceTokenizer openModel(Path model, Path folder) {
    SentencePieceModel parsed;
    try {
      parsed = SentencePieceModel.parse(Files.readAllBytes(model), model.toString());
    } catch (IOException e) {
      throw new BadInputException(model + " cannot be read: " + e.getMessage(), e);
    }
    JsonNode config = readIfThere(folder.resolve("tokenizer_config.json"));
    SortedMap<String, Integer> added = added(folder, parsed.pieces().size());
    boolean legacy = config.path("legacy").asBoolean(true);
    return new SentencePieceTokenizer(
        parsed,
        new Settings(
            legacy,
            idOf(parsed, added, content(config.path("bos_token"), "<s>"), model),
            idOf(parsed, added, content(config.path("eos_token"), "</s>"), model),
            padId(config, added),
            added));
  }

  /// Whether prompts begin with the beginning-of-sequence id, as the folder's `add_bos_token` says.
  public static boolean addsBos(Path folder) {
    return readIfThere(folder.resolve("tokenizer_config.json"))
        .path("add_bos_token")
        .asBoolean(true);
  }

  private static OptionalInt padId(JsonNode config, SortedMap<String, Integer> added) {
    Integer id = added.get(content(config.path("pad_token"), ""));
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// Tokens from `firstId` on that `added_tokens.json` and `tokenizer_config.json` name.
  private static SortedMap<String, Integer> added(Path folder, int firstId) {
    SortedMap<String, Integer> added = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry :
        readIfThere(folder.resolve("added_tokens.json")).properties()) {
      added.put(entry.getKey(), entry.getValue().asInt(-1));
    }
    JsonNode config = readIfThere(folder.resolve("tokenizer_config.json"));
    for (Map.Entry<String, JsonNode> entry : config.path("added_tokens_decoder").properties()) {
      if (entry.getKey().matches("\\d{1,9}")) {
        added.put(content(entry.getValue(), ""), Integer.parseInt(entry.getKey()));
      }
    }
    added.values().removeIf(id -> id < firstId);
    added.remove("");
    return added;
  }

  private static int idOf(
      SentencePieceModel model, SortedMap<String, Integer> added, String token, Path file) {
    if (added.containsKey(token)) {
      return added.get(token);
    }
    for (int id = 0; id < model.pieces().size(); id++) {
      if (model.pieces().get(id).text().equals(token)) {
        return id;
      }
    }
    throw new BadInputException(file + " lacks the special token '" + token + "'; fetch it again");
  }

  private static String content(JsonNode token, String otherwise) {
    return token.isObject() ? token.path("content").asString(otherwise) : token.asString(otherwise);
  }

  private static JsonNode readIfThere(Path file) {
    if (!Files.isRegularFile(file)) {
      return JSON.valueToTree(Collections.emptyMap());
    }
    try {
      JsonNode node = JSON.readTree(file.toFile());
      if (!node.isObject()) {
        throw new BadInputException(file + " must hold a JSON object; fetch it again");
      }
      return node;
    } catch (JacksonException e) {
      throw new BadInputException(file + " is not readable JSON: " + e.getOriginalMessage(), e);
    }
  }
}
