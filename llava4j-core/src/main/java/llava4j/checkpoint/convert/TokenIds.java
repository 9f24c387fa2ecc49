package llava4j.checkpoint.convert;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.SortedMap;
import llava4j.text.tokenizer.Tokenizer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The ids of special tokens in what is written: the source's own, else its tokenizer's. Nothing is
/// assumed to be 1 or 2.
///
/// @param bos -1 where the vocabulary has no such token, as `eos` and `unknown`
/// @param image id of `<image>`; empty where the written vocabulary has none
/// @param added tokens that the written vocabulary has beyond the source's, with their ids
/// @param rows rows that embedding and head must have at least
public record TokenIds(
    int bos,
    int eos,
    OptionalInt pad,
    int unknown,
    OptionalInt image,
    SequencedMap<String, Integer> added,
    int rows) {
  static final String PAD = "<pad>";

  /// The source's ids as they are.
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

  /// The same with `<image>`, and `<pad>` where the source has no padding token, behind the
  /// source's tokens.
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

  /// An id that there may be none of.
  static OptionalInt present(int id) {
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// Writes an id under `key`: the value of the first source that has one, else the other one.
  static void set(ObjectNode node, String key, OptionalInt otherwise, JsonNode... sources) {
    JsonNode found = SourceFiles.first(key, sources);
    if (found.isNumber() || found.isArray()) {
      node.set(key, found);
    } else {
      otherwise.ifPresent(id -> node.put(key, id));
    }
  }

  /// Writes `pad_token_id`. A padding token that was added counts for more than the source's id,
  /// which is then the unknown token's: the tokenizer pads with the new one.
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
