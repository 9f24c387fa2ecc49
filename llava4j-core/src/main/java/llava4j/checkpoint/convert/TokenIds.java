package llava4j.checkpoint.convert;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.SortedMap;
import llava4j.text.tokenizer.Tokenizer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The ids of special tokens in the result: those of the source's configuration, or else those of
/// its tokenizer. No id is assumed to be 1 or 2.
///
/// @param bos -1 if the vocabulary has no such token; the same for `eos` and `unknown`
/// @param image id of `<image>`; empty if the result has no such token
/// @param added additional tokens of the result, with their ids
/// @param rows minimum number of rows of the embedding table and the output head
public record TokenIds(
    int bos,
    int eos,
    OptionalInt pad,
    int unknown,
    OptionalInt image,
    SequencedMap<String, Integer> added,
    int rows) {
  static final String PAD = "<pad>";

  /// The source's ids, unchanged.
  static TokenIds of(Tokenizer tokenizer) {
    return new TokenIds(
        tokenizer.bosId(),
        tokenizer.eosId(),
        tokenizer.padId(),
        tokenizer.unkId(),
        tokenizer.imageTokenId(),
        new LinkedHashMap<>(),
        numIds(tokenizer));
  }

  /// The source's ids, with the additional tokens `<image>` and, if the source has no padding
  /// token, `<pad>`.
  static TokenIds withImage(Tokenizer tokenizer) {
    TokenIds plain = of(tokenizer);
    if (plain.image().isPresent()) {
      return plain;
    }
    SequencedMap<String, Integer> added = new LinkedHashMap<>();
    int next = plain.rows();
    OptionalInt image = OptionalInt.of(next);
    added.put(Tokenizer.IMAGE_PLACEHOLDER, next++);
    OptionalInt pad = plain.pad();
    Integer padToken = tokenizer.specialTokens().get(PAD);
    if (pad.isEmpty() && padToken != null) {
      pad = OptionalInt.of(padToken);
    } else if (pad.isEmpty()) {
      pad = OptionalInt.of(next);
      added.put(PAD, next++);
    }
    return new TokenIds(plain.bos(), plain.eos(), pad, plain.unknown(), image, added, next);
  }

  /// An optional id.
  static OptionalInt present(int id) {
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// Writes an id under `key`: the value of the first source that has one, or else the other value.
  static void set(ObjectNode node, String key, OptionalInt otherwise, JsonNode... sources) {
    JsonNode found = SourceFiles.first(key, sources);
    if (found.isNumber() || found.isArray()) {
      node.set(key, found);
    } else {
      otherwise.ifPresent(id -> node.put(key, id));
    }
  }

  /// Writes `pad_token_id`. If a padding token was added, its id is written, because the tokenizer
  /// pads with it; the source's id is that of the unknown token then.
  void setPad(ObjectNode node, OptionalInt otherwise, JsonNode... sources) {
    if (added.containsKey(PAD)) {
      node.put("pad_token_id", added.get(PAD).intValue());
    } else {
      set(node, "pad_token_id", otherwise, sources);
    }
  }

  private static int numIds(Tokenizer tokenizer) {
    SortedMap<String, Integer> special = tokenizer.specialTokens();
    return special.entrySet().stream()
        .filter(entry -> !entry.getKey().startsWith("[PAD"))
        .map(Map.Entry::getValue)
        .reduce(tokenizer.vocabularySize(), (most, id) -> Math.max(most, id + 1));
  }
}
