package llava4j.checkpoint.gguf;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import llava4j.error.BadInputException;
import llava4j.text.tokenizer.GgufBytePairs;

/// The vocabulary in a GGUF file.
///
/// @param model `llama` for SentencePiece with scores, `gpt2` for byte-level BPE with merges
/// @param pre llama.cpp's name of the pre-tokenizer; may be empty
/// @param tokens by id
/// @param scores by id; empty for `gpt2`
/// @param types by id, as SentencePiece numbers them: 1 normal, 2 unknown, 3 control, 4 user
///   defined, 5 unused, 6 byte; empty where absent
/// @param merges of `gpt2`, best first
public record GgufVocabulary(
    String model,
    Optional<String> pre,
    List<String> tokens,
    List<Float> scores,
    List<Integer> types,
    List<String> merges,
    OptionalInt bosId,
    OptionalInt eosId,
    OptionalInt unknownId,
    OptionalInt paddingId,
    boolean addBos,
    boolean addEos,
    boolean addSpacePrefix,
    Optional<String> chatTemplate) {
  /// The model name of a SentencePiece vocabulary.
  public static final String SENTENCE_PIECE = "llama";

  /// The model name of a byte-level vocabulary with merges.
  public static final String BYTE_PAIRS = "gpt2";

  /// Tokens that end a turn; llama.cpp treats tokens with these texts as the end of an answer.
  private static final Set<String> ENDS =
      Set.of("<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end|>", "<|endoftext|>", "<end_of_turn>");

  private static final int CONTROL = 3;
  private static final String PREFIX = "tokenizer.ggml.";

  public GgufVocabulary {
    tokens = List.copyOf(tokens);
    scores = List.copyOf(scores);
    types = List.copyOf(types);
    merges = List.copyOf(merges);
    requireSize("scores", scores, tokens);
    requireSize("token_type", types, tokens);
    requireKnown("bos_token_id", bosId, tokens);
    requireKnown("eos_token_id", eosId, tokens);
    requireKnown("unknown_token_id", unknownId, tokens);
    requireKnown("padding_token_id", paddingId, tokens);
    if (model.equals(SENTENCE_PIECE) && scores.isEmpty()) {
      throw new BadInputException(
          PREFIX + "scores is missing, but a vocabulary of model 'llama' needs it");
    }
  }

  /// Ids that end an answer: those in the file, and control tokens that end a turn.
  ///
  /// @param otherwise the id if the file has none
  public Set<Integer> endIds(int otherwise) {
    Set<Integer> ends = new TreeSet<>();
    ends.add(eosId.orElse(otherwise));
    for (int id = 0; id < tokens.size() && !types.isEmpty(); id++) {
      if (types.get(id) == CONTROL && ENDS.contains(tokens.get(id))) {
        ends.add(id);
      }
    }
    return ends;
  }

  /// Reads the keys `tokenizer.*`.
  public static GgufVocabulary read(GgufFile file) {
    GgufMetadata metadata = file.metadata();
    String model = metadata.text(PREFIX + "model");
    boolean sentencePiece = model.equals(SENTENCE_PIECE);
    List<String> tokens =
        metadata
            .findTexts(PREFIX + "tokens")
            .orElseThrow(() -> metadata.missing(PREFIX + "tokens"));
    return metadata.read(() ->
        new GgufVocabulary(
            model,
            metadata.findText(PREFIX + "pre"),
            tokens,
            metadata.findReals(PREFIX + "scores").orElse(List.of()).stream()
                .map(Double::floatValue)
                .toList(),
            metadata.findWholes(PREFIX + "token_type").orElse(List.of()).stream()
                .map(Long::intValue)
                .toList(),
            metadata.findTexts(PREFIX + "merges").orElse(List.of()),
            id(metadata, "bos_token_id", tokens),
            id(metadata, "eos_token_id", tokens),
            id(metadata, "unknown_token_id", tokens),
            id(metadata, "padding_token_id", tokens),
            metadata
                .findFlag(PREFIX + "add_bos_token")
                .orElse(
                    sentencePiece
                        || GgufBytePairs.addsBosByDefault(metadata.findText(PREFIX + "pre"))),
            metadata.findFlag(PREFIX + "add_eos_token").orElse(false),
            metadata.findFlag(PREFIX + "add_space_prefix").orElse(sentencePiece),
            metadata.findText("tokenizer.chat_template")));
  }

  private static OptionalInt id(GgufMetadata metadata, String key, List<String> tokens) {
    OptionalLong id = metadata.findWhole(PREFIX + key);
    if (id.isEmpty() || id.getAsLong() == 0xFFFF_FFFFL) { // -1 as UINT32: none
      return OptionalInt.empty();
    }
    if (id.getAsLong() < 0 || id.getAsLong() >= tokens.size()) {
      throw outside(key, id.getAsLong(), tokens);
    }
    return OptionalInt.of(Math.toIntExact(id.getAsLong()));
  }

  private static void requireSize(String key, List<?> values, List<String> tokens) {
    if (!values.isEmpty() && values.size() != tokens.size()) {
      throw new BadInputException(
          PREFIX + key + " has " + values.size() + " entries for " + tokens.size() + " tokens");
    }
  }

  private static void requireKnown(String key, OptionalInt id, List<String> tokens) {
    if (id.isPresent() && (id.getAsInt() < 0 || id.getAsInt() >= tokens.size())) {
      throw outside(key, id.getAsInt(), tokens);
    }
  }

  private static BadInputException outside(String key, long id, List<String> tokens) {
    return new BadInputException(
        PREFIX + key + " is " + id + " in a vocabulary of " + tokens.size() + " tokens");
  }
}
