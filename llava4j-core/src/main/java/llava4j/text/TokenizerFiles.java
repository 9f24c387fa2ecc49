package llava4j.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import llava4j.error.BadInputException;
import llava4j.error.LfsPointer;
import llava4j.text.tokenizer.ForeignVocabulary;
import llava4j.text.tokenizer.GgufBytePairs;
import llava4j.text.tokenizer.JsonTokenizer;
import llava4j.text.tokenizer.SentencePieceModel;
import llava4j.text.tokenizer.SentencePieceTokenizer;
import llava4j.text.tokenizer.SentencePieceTokenizer.Settings;
import llava4j.text.tokenizer.SentencePieceTokenizer.Settings.Strip;
import llava4j.text.tokenizer.Tokenizer;
import llava4j.text.tokenizer.TokenizerJson;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The tokenizer files of a model folder.
///
/// If there is a `tokenizer.model`, it is used with the slow tokenizer's rules: this is the paper's
/// tokenizer, Hugging Face folders of LLaVA have the same model besides `tokenizer.json`, and the
/// reference answers are decoded with it. (The fast decoder gives other texts if a model generates
/// invalid UTF-8; ids differ only at blanks around special tokens.) A folder with only
/// `tokenizer.json` is read with Hugging Face's library.
///
/// Settings come from `tokenizer_config.json`, or else `special_tokens_map.json`, or else are
/// LLaMA's defaults; a missing `legacy` is true, as in transformers.
public final class TokenizerFiles {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int MAX_ID = 4_000_000;
  private static final long MAX_FILE_BYTES = 256L << 20;

  private TokenizerFiles() {}

  /// Whether a folder has a tokenizer.
  public static boolean isIn(Path folder) {
    return Files.isRegularFile(folder.resolve("tokenizer.model"))
        || Files.isRegularFile(folder.resolve("tokenizer.json"));
  }

  /// Opens the tokenizer of a folder.
  public static Tokenizer open(Path folder) {
    return open(folder, ImageMarks.NONE);
  }

  /// Opens the tokenizer of a folder.
  ///
  /// @param marks tokens around images, which are added to the vocabulary if they are missing
  public static Tokenizer open(Path folder, ImageMarks marks) {
    Path model = folder.resolve("tokenizer.model");
    if (Files.isRegularFile(model)) {
      return openModel(model, folder, marks);
    }
    Path json = folder.resolve("tokenizer.json");
    if (!Files.isRegularFile(json)) {
      throw new BadInputException(
          folder
              + " has neither tokenizer.model nor tokenizer.json"
              + ForeignVocabulary.remedy(folder));
    }
    ObjectNode content = TokenizerJson.parse(json);
    TokenizerJson parsed = TokenizerJson.of(content, json.toString());
    SortedMap<String, Integer> added = new TreeMap<>(parsed.added());
    int next = parsed.tokens().keySet().stream().mapToInt(id -> id + 1).max().orElse(0);
    marks.missing(added, next, folder.toString()).entrySet().stream()
        .sorted(Map.Entry.comparingByValue()) // Hugging Face's library numbers them in this order
        .forEach(mark ->
            content
                .withArray("added_tokens")
                .add(GgufBytePairs.addedToken(mark.getKey(), mark.getValue(), true)));
    String bos = special(folder, "bos_token", parsed.added().containsKey("<s>") ? "<s>" : "");
    String eos = special(folder, "eos_token", parsed.added().containsKey("</s>") ? "</s>" : "");
    return new JsonTokenizer(
        content,
        json.toString(),
        new JsonTokenizer.Settings(bos, eos, padId(folder, added), addsBos(folder)));
  }

  /// Opens a SentencePiece model with the settings in its folder.
  public static SentencePieceTokenizer openModel(Path model, Path folder) {
    return openModel(model, folder, ImageMarks.NONE);
  }

  private static SentencePieceTokenizer openModel(Path model, Path folder, ImageMarks marks) {
    LfsPointer.refuse(model);
    SentencePieceModel parsed;
    try {
      if (Files.size(model) > MAX_FILE_BYTES) {
        throw new BadInputException(
            model
                + " has "
                + Files.size(model)
                + " bytes, too many for a tokenizer; download it again");
      }
      parsed = SentencePieceModel.parse(Files.readAllBytes(model), model.toString());
    } catch (IOException e) {
      throw new BadInputException(model + " cannot be read: " + e.getMessage(), e);
    }
    JsonNode config = readIfThere(folder.resolve("tokenizer_config.json"));
    SortedMap<String, Integer> added = added(folder, parsed.pieces().size());
    int next =
        Math.max(
            parsed.pieces().size(), added.values().stream().mapToInt(id -> id + 1).max().orElse(0));
    added.putAll(marks.missing(added, next, folder.toString()));
    boolean legacy = config.path("legacy").asBoolean(true);
    return new SentencePieceTokenizer(
        parsed,
        new Settings(
            legacy,
            idOf(parsed, added, special(folder, "bos_token", "<s>"), model),
            idOf(parsed, added, special(folder, "eos_token", "</s>"), model),
            padId(folder, added),
            added,
            strips(config),
            addsBos(folder),
            words(config)));
  }

  /// Whether prompts begin with the beginning-of-sequence id: according to `add_bos_token`, or
  /// else, if there is only a `tokenizer.json`, according to its rule, or else yes.
  public static boolean addsBos(Path folder) {
    JsonNode flag = readIfThere(folder.resolve("tokenizer_config.json")).path("add_bos_token");
    Path json = folder.resolve("tokenizer.json");
    if (!flag.isBoolean()
        && !Files.isRegularFile(folder.resolve("tokenizer.model"))
        && Files.isRegularFile(json)) {
      TokenizerJson parsed = TokenizerJson.read(json);
      String bos = special(folder, "bos_token", parsed.added().containsKey("<s>") ? "<s>" : "");
      return !bos.isEmpty() && bos.equals(parsed.firstToken());
    }
    return flag.asBoolean(true);
  }

  /// The text for an image in a folder's chat template: `image_token` of its tokenizer or
  /// processor, or else `<image>`.
  static String imageToken(Path folder) {
    JsonNode config = readIfThere(folder.resolve("tokenizer_config.json"));
    String fromTokenizer =
        content(
            config.path("image_token"),
            content(config.path("extra_special_tokens").path("image_token"), ""));
    return fromTokenizer.isEmpty()
        ? content(
            readIfThere(folder.resolve("processor_config.json")).path("image_token"),
            Tokenizer.IMAGE_PLACEHOLDER)
        : fromTokenizer;
  }

  private static OptionalInt padId(Path folder, SortedMap<String, Integer> added) {
    Integer id = added.get(special(folder, "pad_token", ""));
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// The text of a special token, which may be a string or an object with `content`.
  private static String special(Path folder, String key, String otherwise) {
    for (String name : new String[] {"tokenizer_config.json", "special_tokens_map.json"}) {
      String found = content(readIfThere(folder.resolve(name)).path(key), "");
      if (!found.isEmpty()) {
        return found;
      }
    }
    return otherwise;
  }

  /// Tokens of `added_tokens_decoder` that remove the white space next to them.
  private static Map<String, Strip> strips(JsonNode config) {
    Map<String, Strip> strips = new HashMap<>();
    for (JsonNode token : config.path("added_tokens_decoder")) {
      Strip strip =
          new Strip(token.path("lstrip").asBoolean(false), token.path("rstrip").asBoolean(false));
      if (strip.left() || strip.right()) {
        strips.put(content(token, ""), strip);
      }
    }
    return strips;
  }

  /// Tokens of `added_tokens_decoder` that are not special.
  private static Set<String> words(JsonNode config) {
    Set<String> words = new HashSet<>();
    for (JsonNode token : config.path("added_tokens_decoder")) {
      if (token.isObject() && !token.path("special").asBoolean(false)) {
        words.add(content(token, ""));
      }
    }
    return words;
  }

  /// Tokens in `added_tokens.json` and `tokenizer_config.json` with ids from `firstId` on.
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
    added.remove("");
    added.forEach((token, id) -> {
      if (id < 0 || id > MAX_ID) {
        throw new BadInputException(
            folder
                + " gives the added token '"
                + token
                + "' an invalid id; download added_tokens.json and tokenizer_config.json"
                + " again");
      }
    });
    added.values().removeIf(id -> id < firstId);
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
    throw new BadInputException(
        file + " lacks the special token '" + token + "'; download it again");
  }

  private static String content(JsonNode token, String otherwise) {
    JsonNode text = token.isObject() ? token.path("content") : token;
    return text.isString() ? text.asString() : otherwise;
  }

  private static JsonNode readIfThere(Path file) {
    if (!Files.isRegularFile(file)) {
      return JSON.valueToTree(Collections.emptyMap());
    }
    LfsPointer.refuse(file);
    try {
      JsonNode node = JSON.readTree(file.toFile());
      if (!node.isObject()) {
        throw new BadInputException(file + " must contain a JSON object; download it again");
      }
      return node;
    } catch (JacksonException e) {
      throw new BadInputException(
          file + " is not readable JSON: " + e.getOriginalMessage() + "; download it again", e);
    }
  }
}
