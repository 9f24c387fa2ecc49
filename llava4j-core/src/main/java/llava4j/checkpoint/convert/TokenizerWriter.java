package llava4j.checkpoint.convert;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import llava4j.config.ConfigNode;
import llava4j.io.AtomicFile;
import llava4j.text.tokenizer.JsonTokenizer;
import llava4j.text.tokenizer.SentencePieceJson;
import llava4j.text.tokenizer.SentencePieceTokenizer;
import llava4j.text.tokenizer.Tokenizer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes the files of a checkpoint's tokenizer: the source's files if they are complete, otherwise
/// new ones.
final class TokenizerWriter {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String MODEL = "tokenizer.model";
  private static final String FAST = "tokenizer.json";
  private static final String CLASS = "tokenizer_class";
  private static final String DECODER = "added_tokens_decoder";

  private final Tokenizer tokenizer;
  private final TokenIds ids;
  private final SourceFiles source;
  private final Path folder;

  /// @param folder to write into
  TokenizerWriter(Tokenizer tokenizer, TokenIds ids, SourceFiles source, Path folder) {
    this.tokenizer = tokenizer;
    this.ids = ids;
    this.source = source;
    this.folder = folder;
  }

  /// Writes all files.
  ///
  /// @param settings values for `tokenizer_config.json` that are missing in the source's file
  void write(ObjectNode settings) {
    ObjectNode config = source.json("tokenizer_config.json");
    settings.properties().forEach(entry -> putIfAbsent(config, entry.getKey(), entry.getValue()));
    putTokens(config);
    switch (tokenizer) {
      case SentencePieceTokenizer sentencePiece -> writeSentencePiece(sentencePiece, config);
      case JsonTokenizer fast -> writeFast(fast, config);
    }
    write("tokenizer_config.json", config);
  }

  private void writeSentencePiece(SentencePieceTokenizer sentencePiece, ObjectNode config) {
    byte[] model =
        source
            .file(MODEL)
            .map(SourceFiles::bytes)
            .orElseGet(() -> sentencePiece.baseModel().bytes());
    AtomicFile.write(folder.resolve(MODEL), out -> out.write(model));
    copyFast(() -> JSON.readTree(new SentencePieceJson(sentencePiece, Map.of()).text()));
    if (!config.path(CLASS).asString("").startsWith("Llama")) {
      config.put(CLASS, "LlamaTokenizer");
    }
    putIfAbsent(config, "unk_token", spelling(ids.unknown()));
    putIfAbsent(config, "pad_token", spelling(ids.pad().orElse(ids.unknown())));
    config.put("add_bos_token", tokenizer.addsBos());
    config.put("legacy", sentencePiece.settings().legacy());
    SortedMap<String, Integer> added = new TreeMap<>(sentencePiece.settings().added());
    added.putAll(ids.added());
    added.keySet().removeIf(token -> token.startsWith("[PAD"));
    putDecoder(config, added);
    if (!added.isEmpty()) {
      ObjectNode spelled = JSON.createObjectNode();
      added.forEach(spelled::put);
      write("added_tokens.json", spelled);
    }
  }

  private void writeFast(JsonTokenizer fast, ObjectNode config) {
    copyFast(fast::content);
    // transformers 4 has no TokenizersBackend; both versions accept this name for it
    if (config.path(CLASS).asString("TokenizersBackend").equals("TokenizersBackend")) {
      config.put(CLASS, "PreTrainedTokenizerFast");
    }
    ids.pad().ifPresent(id -> putIfAbsent(config, "pad_token", spelling(id)));
    if (config.has(DECODER)) {
      putDecoder(config, new TreeMap<>(ids.added()));
    }
  }

  /// The source's `tokenizer.json`. It is copied byte for byte, unless tokens are added to the
  /// result or were added when the tokenizer was opened (the tokens around images).
  private void copyFast(Supplier<JsonNode> otherwise) {
    Optional<Path> original = source.file(FAST);
    JsonNode json = original.map(file -> ConfigNode.read(file).json()).orElseGet(otherwise);
    SortedMap<Integer, String> missing = missing(json);
    if (original.isPresent() && missing.isEmpty()) {
      byte[] bytes = SourceFiles.bytes(original.get());
      AtomicFile.write(folder.resolve(FAST), out -> out.write(bytes));
      return;
    }
    ObjectNode copy = (ObjectNode) json.deepCopy();
    ArrayNode added = copy.withArray("added_tokens");
    missing.forEach((id, token) -> flags(added.addObject().put("id", id), token));
    write(FAST, copy);
  }

  /// Tokens that were added to the vocabulary and are not in `tokenizer.json`, by id.
  private SortedMap<Integer, String> missing(JsonNode json) {
    Map<String, Integer> wanted =
        new HashMap<>(
            switch (tokenizer) {
              case SentencePieceTokenizer sentencePiece -> sentencePiece.settings().added();
              case JsonTokenizer fast -> fast.specialTokens();
            });
    wanted.keySet().removeIf(token -> token.startsWith("[PAD"));
    wanted.putAll(ids.added());
    json.path("added_tokens").forEach(token -> wanted.remove(token.path("content").asString("")));
    wanted.keySet().removeIf(token -> json.path("model").path("vocab").has(token));
    SortedMap<Integer, String> missing = new TreeMap<>();
    wanted.forEach((token, id) -> missing.put(id, token));
    return missing;
  }

  /// The special tokens, which the source may have in `special_tokens_map.json` only.
  private void putTokens(ObjectNode config) {
    ObjectNode map = source.json("special_tokens_map.json");
    map.properties().forEach(entry -> putIfAbsent(config, entry.getKey(), entry.getValue()));
    TokenIds.present(ids.bos()).ifPresent(id -> putIfAbsent(config, "bos_token", spelling(id)));
    TokenIds.present(ids.eos()).ifPresent(id -> putIfAbsent(config, "eos_token", spelling(id)));
    if (ids.added().containsKey(TokenIds.PAD)) {
      config.put("pad_token", TokenIds.PAD);
    }
    if (!ids.added().isEmpty()) { // the result is a model for batched generation, as LLaVA-HF
      config.put("padding_side", "left");
    }
  }

  /// `added_tokens_decoder`: the source's entries and the missing ones.
  private void putDecoder(ObjectNode config, SortedMap<String, Integer> added) {
    ObjectNode decoder = config.withObject(DECODER);
    if (tokenizer instanceof SentencePieceTokenizer) {
      for (int id : new int[] {ids.unknown(), ids.bos(), ids.eos()}) {
        putIfAbsent(decoder, String.valueOf(id), flags(JSON.createObjectNode(), spelling(id)));
      }
    }
    added.forEach((token, id) ->
        putIfAbsent(decoder, String.valueOf(id), flags(JSON.createObjectNode(), token)));
  }

  private ObjectNode flags(ObjectNode node, String token) {
    boolean isWord =
        tokenizer instanceof SentencePieceTokenizer sentencePiece
            && sentencePiece.settings().words().contains(token);
    return node.put("content", token)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", !isWord);
  }

  private String spelling(int id) {
    return ids.added().entrySet().stream()
        .filter(entry -> entry.getValue() == id)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseGet(() -> tokenizer.decode(new int[] {id}, false));
  }

  private static void putIfAbsent(ObjectNode node, String key, String value) {
    putIfAbsent(node, key, JSON.valueToTree(value));
  }

  private static void putIfAbsent(ObjectNode node, String key, JsonNode value) {
    if (!node.hasNonNull(key)) {
      node.set(key, value);
    }
  }

  private void write(String name, ObjectNode root) {
    AtomicFile.writeText(
        folder.resolve(name),
        JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
  }
}
