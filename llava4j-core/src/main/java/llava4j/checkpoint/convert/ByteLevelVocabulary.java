package llava4j.checkpoint.convert;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import llava4j.checkpoint.gguf.GgufVocabulary;
import llava4j.error.BadInputException;
import tools.jackson.databind.JsonNode;

/// Converts a byte-level BPE `tokenizer.json` (LLaMA 3, Qwen, GPT-2) to the vocabulary of a GGUF
/// file; llama.cpp calls this vocabulary model `gpt2`.
final class ByteLevelVocabulary {
  private static final int NORMAL = 1;
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;
  private static final int UNUSED = 5;

  private static final String WORDS_AND_THREE_DIGITS =
      "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /// llama.cpp's names of the pre-tokenizer rules, which split a text before the merges.
  private static final Map<String, String> RULES =
      Map.of(
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|" + WORDS_AND_THREE_DIGITS,
          "llama-bpe",
          "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|" + WORDS_AND_THREE_DIGITS,
          "llama-bpe",
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|" + WORDS_AND_THREE_DIGITS.replace("{1,3}", ""),
          "qwen2",
          "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|"
              + WORDS_AND_THREE_DIGITS.replace("{1,3}", ""),
          "qwen2",
          "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "tekken");

  private final JsonNode json;
  private final String where;

  /// @param json a whole `tokenizer.json`
  /// @param where its name in messages
  ByteLevelVocabulary(JsonNode json, String where) {
    this.json = json;
    this.where = where;
  }

  /// The tokens of the ids below `rows`. Ids without a token become unused tokens, as in
  /// llama.cpp's converter.
  GgufVocabulary toGguf(TokenIds ids, int rows, boolean addBos, String template) {
    String rule = rule();
    Map<Integer, String> tokens = new HashMap<>();
    Map<Integer, Integer> types = new HashMap<>();
    json.path("model")
        .path("vocab")
        .properties()
        .forEach(entry -> tokens.put(entry.getValue().asInt(), entry.getKey()));
    for (JsonNode added : json.path("added_tokens")) {
      int id = added.path("id").asInt();
      tokens.put(id, added.path("content").asString(""));
      types.put(id, added.path("special").asBoolean(false) ? CONTROL : USER_DEFINED);
    }
    List<String> texts = new ArrayList<>();
    List<Integer> kinds = new ArrayList<>();
    for (int id = 0; id < rows; id++) {
      boolean known = tokens.containsKey(id);
      texts.add(known ? tokens.get(id) : "[PAD" + id + "]");
      kinds.add(known ? types.getOrDefault(id, NORMAL) : UNUSED);
    }
    return new GgufVocabulary(
        "gpt2",
        Optional.of(rule),
        texts,
        List.of(),
        kinds,
        merges(),
        TokenIds.present(ids.bos()),
        TokenIds.present(ids.eos()),
        OptionalInt.empty(),
        ids.pad(),
        addBos,
        false,
        false,
        Optional.of(template));
  }

  private List<String> merges() {
    List<String> merges = new ArrayList<>();
    for (JsonNode merge : json.path("model").path("merges")) {
      merges.add(
          merge.isArray()
              ? merge.path(0).asString("") + " " + merge.path(1).asString("")
              : merge.asString(""));
    }
    return merges;
  }

  private String rule() {
    List<JsonNode> steps = new ArrayList<>();
    JsonNode first = json.path("pre_tokenizer");
    if (first.path("type").asString("").equals("Sequence")) {
      first.path("pretokenizers").forEach(steps::add);
    } else {
      steps.add(first);
    }
    JsonNode last = steps.isEmpty() ? first : steps.getLast();
    if (!last.path("type").asString("").equals("ByteLevel")) {
      throw refusal("does not split texts into bytes as GPT-2, LLaMA 3 and Qwen do");
    }
    if (steps.size() == 1 && last.path("use_regex").asBoolean(true)) {
      return "gpt-2";
    }
    String pattern = steps.getFirst().path("pattern").path("Regex").asString("");
    String name = steps.size() == 2 ? RULES.get(pattern) : null;
    if (name == null) {
      throw refusal("splits texts with a rule that has no name in GGUF: " + first);
    }
    return name;
  }

  private BadInputException refusal(String what) {
    return new BadInputException(
        where + " " + what + ", so it cannot be written as GGUF; write hf or original instead");
  }
}
