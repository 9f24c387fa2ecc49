package llava4j.checkpoint.gguf;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import llava4j.error.BadInputException;

/// The configuration of the language model in a GGUF file.
///
/// @param contextLength context length in training, in tokens
/// @param feedForwardLength width of the gated block
/// @param headDim width of one attention head; all values are rotated
/// @param ropeLinearFactor positions are divided by it; empty for none
public record GgufTextConfig(
    int contextLength,
    int embeddingLength,
    int blockCount,
    int feedForwardLength,
    int headCount,
    int headCountKv,
    int headDim,
    double rmsNormEpsilon,
    double ropeFrequencyBase,
    OptionalDouble ropeLinearFactor,
    int vocabSize) {
  /// The only supported architecture of language models.
  public static final String ARCHITECTURE = "llama";

  private static final double DEFAULT_FREQUENCY_BASE = 10_000;

  public GgufTextConfig {
    requirePositive("context_length", contextLength);
    requirePositive("embedding_length", embeddingLength);
    requirePositive("block_count", blockCount);
    requirePositive("feed_forward_length", feedForwardLength);
    requirePositive("attention.head_count", headCount);
    requirePositive("attention.head_count_kv", headCountKv);
    requirePositive("attention.key_length", headDim);
    requirePositive("attention.layer_norm_rms_epsilon", rmsNormEpsilon);
    requirePositive("rope.freq_base", ropeFrequencyBase);
    requirePositive("rope.scaling.factor", ropeLinearFactor.orElse(1));
    requirePositive("vocab_size", vocabSize);
    if (headCount % headCountKv != 0 || headDim % 2 != 0) {
      throw new BadInputException(
          "llama.attention: "
              + headCount
              + " heads of "
              + headDim
              + " values cannot share "
              + headCountKv
              + " key-value heads; head_count must be a multiple, the head size even");
    }
  }

  /// Reads the keys `llama.*`; fails for any other architecture.
  public static GgufTextConfig read(GgufFile file) {
    GgufMetadata metadata = file.metadata();
    requireArchitecture(file, ARCHITECTURE, "a language model");
    requireNoExperts(file);
    int embeddingLength = metadata.count("llama.embedding_length");
    int headCount = metadata.count("llama.attention.head_count");
    int headDim = headDim(file, embeddingLength, headCount);
    requireSame(file, "llama.attention.value_length", headDim);
    requireSame(file, "llama.rope.dimension_count", headDim);
    return metadata.read(() ->
        new GgufTextConfig(
            metadata.count("llama.context_length"),
            embeddingLength,
            metadata.count("llama.block_count"),
            metadata.count("llama.feed_forward_length"),
            headCount,
            (int) metadata.findCount("llama.attention.head_count_kv").orElse(headCount),
            headDim,
            metadata.real("llama.attention.layer_norm_rms_epsilon"),
            metadata.findReal("llama.rope.freq_base").orElse(DEFAULT_FREQUENCY_BASE),
            ropeLinearFactor(file),
            vocabSize(file)));
  }

  private static int headDim(GgufFile file, int embeddingLength, int headCount) {
    OptionalLong said = file.metadata().findCount("llama.attention.key_length");
    if (said.isPresent()) {
      return Math.toIntExact(said.getAsLong());
    }
    if (embeddingLength % headCount != 0) {
      throw new BadInputException(
          file.path()
              + ": llama.embedding_length "
              + embeddingLength
              + " is not a multiple of llama.attention.head_count "
              + headCount
              + "; convert the model again");
    }
    return embeddingLength / headCount;
  }

  static void requireArchitecture(GgufFile file, String expected, String what) {
    String found = file.metadata().text("general.architecture");
    if (!found.equals(expected)) {
      throw new BadInputException(
          file.path()
              + " has architecture '"
              + found
              + "', but "
              + what
              + " of architecture '"
              + expected
              + "' is needed; give a file of that kind");
    }
  }

  private static void requireNoExperts(GgufFile file) {
    OptionalLong experts = file.metadata().findWhole("llama.expert_count");
    if (experts.orElse(0) > 0) {
      throw new BadInputException(
          file.path()
              + " is a mixture of "
              + experts.getAsLong()
              + " experts, which is not supported; take a dense llama model");
    }
  }

  private static void requireSame(GgufFile file, String key, int headDim) {
    long found = file.metadata().findCount(key).orElse(headDim);
    if (found != headDim) {
      throw new BadInputException(
          file.path()
              + ": "
              + key
              + " is "
              + found
              + ", but only the head size "
              + headDim
              + " is supported");
    }
  }

  private static OptionalDouble ropeLinearFactor(GgufFile file) {
    GgufMetadata metadata = file.metadata();
    String type = metadata.findText("llama.rope.scaling.type").orElse("");
    OptionalDouble factor = metadata.findReal("llama.rope.scaling.factor");
    OptionalDouble oldFactor = metadata.findReal("llama.rope.scale_linear"); // files of 2023
    return switch (type) {
      case "none" -> OptionalDouble.empty();
      case "" -> oldFactor.isPresent() ? oldFactor : factor;
      case "linear" ->
          OptionalDouble.of(
              factor.orElseGet(() ->
                  oldFactor.orElseThrow(() -> metadata.missing("llama.rope.scaling.factor"))));
      default ->
          throw new BadInputException(
              file.path()
                  + ": llama.rope.scaling.type '"
                  + type
                  + "' is not supported; 'none' and 'linear' are");
    };
  }

  private static int vocabSize(GgufFile file) {
    GgufMetadata metadata = file.metadata();
    GgufTensor embeddings = file.tensors().get("token_embd.weight");
    if (embeddings != null) {
      return Math.toIntExact(Math.min(Integer.MAX_VALUE, embeddings.shape().getFirst()));
    }
    OptionalLong said = metadata.findCount("llama.vocab_size");
    Optional<List<String>> tokens = metadata.findTexts("tokenizer.ggml.tokens");
    return said.isPresent()
        ? Math.toIntExact(said.getAsLong())
        : tokens.orElseThrow(() -> metadata.missing("llama.vocab_size")).size();
  }

  private static void requirePositive(String key, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new BadInputException("llama." + key + " must be a positive number, not " + value);
    }
  }
}
