package llava4j.text.tokenizer;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import llava4j.error.BadInputException;
import llava4j.text.tokenizer.SentencePieceModel.Piece;
import llava4j.text.tokenizer.SentencePieceModel.PieceType;
import llava4j.text.tokenizer.SentencePieceTokenizer.Settings;

/// The vocabulary in a GGUF file's metadata, as plain values, so that this package needs no GGUF
/// reader.
///
/// @param where the file in messages
/// @param model `tokenizer.ggml.model`; only `llama` is SentencePiece
/// @param tokens `tokenizer.ggml.tokens`, in id order
/// @param scores `tokenizer.ggml.scores`
/// @param types `tokenizer.ggml.token_type`, numbered as SentencePiece's piece types
/// @param padId `tokenizer.ggml.padding_token_id`
/// @param addSpacePrefix `tokenizer.ggml.add_space_prefix`
/// @param addsBos `tokenizer.ggml.add_bos_token`
public record GgufSentencePieces(
    String where,
    String model,
    List<String> tokens,
    List<Float> scores,
    List<Integer> types,
    int bosId,
    int eosId,
    OptionalInt padId,
    boolean addSpacePrefix,
    boolean addsBos) {

  /// Added tokens that older converters marked as user-defined.
  private static final Set<String> NO_WORDS = Set.of("<image>", "<pad>");

  /// Checks that the lists fit each other.
  public GgufSentencePieces {
    if (!model.equals("llama")) {
      throw new BadInputException(
          where
              + ": tokenizer '"
              + model
              + "' is not supported; LLaVA-1.5 and its relatives have"
              + " llama");
    }
    if (tokens.isEmpty() || scores.size() != tokens.size() || types.size() != tokens.size()) {
      throw new BadInputException(
          where
              + " has "
              + tokens.size()
              + " tokens, "
              + scores.size()
              + " scores and "
              + types.size()
              + " token types, but the numbers must be equal; convert the model again");
    }
    requireId(where, "bos_token_id", bosId, tokens.size());
    requireId(where, "eos_token_id", eosId, tokens.size());
    if (padId.isPresent()) {
      requireId(where, "padding_token_id", padId.getAsInt(), tokens.size());
    }
    tokens = List.copyOf(tokens);
    scores = List.copyOf(scores);
    types = List.copyOf(types);
  }

  /// The slow tokenizer with legacy rules, as in llama.cpp.
  public SentencePieceTokenizer tokenizer() {
    List<Piece> pieces = new ArrayList<>();
    SortedMap<String, Integer> added = new TreeMap<>();
    Set<String> words = new HashSet<>();
    for (int id = 0; id < tokens.size(); id++) {
      PieceType type = PieceType.ofToken(types.get(id), id, where);
      if (type == PieceType.USER_DEFINED || type == PieceType.UNUSED) {
        added.put(tokens.get(id), id);
      }
      if (type == PieceType.USER_DEFINED && !NO_WORDS.contains(tokens.get(id))) {
        words.add(tokens.get(id));
      }
      // SentencePiece would match a user-defined piece inside words; ours are split off before.
      pieces.add(
          new Piece(
              tokens.get(id),
              scores.get(id),
              type == PieceType.USER_DEFINED ? PieceType.CONTROL : type));
    }
    return new SentencePieceTokenizer(
        SentencePieceModel.of(pieces, addSpacePrefix),
        new Settings(true, bosId, eosId, padId, added, Map.of(), addsBos, words));
  }

  private static void requireId(String where, String key, int id, int numTokens) {
    if (id < 0 || id >= numTokens) {
      throw new BadInputException(
          where
              + ": tokenizer.ggml."
              + key
              + " is "
              + id
              + ", but an id below "
              + numTokens
              + " is needed; convert the model again");
    }
  }
}
