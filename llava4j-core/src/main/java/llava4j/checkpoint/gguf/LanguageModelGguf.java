package llava4j.checkpoint.gguf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.error.BadInputException;
import llava4j.error.NameList;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Tensor;

/// Writes the GGUF file of a language model like llama.cpp's own converter: the same keys, names
/// and order of tensors, norms in F32, query and key rows in llama.cpp's order.
///
/// @param name the model's name
/// @param type of the matrices. With Q4_0 the output matrix is Q8_0; matrices whose rows cannot be
///   split into blocks are F16
public record LanguageModelGguf(
    GgufTextConfig config, GgufVocabulary vocabulary, String name, GgmlType type) {
  private static final List<String> BLOCK_ORDER =
      List.of(
          "attn_norm",
          "ffn_down",
          "ffn_gate",
          "ffn_up",
          "ffn_norm",
          "attn_k",
          "attn_output",
          "attn_q",
          "attn_v");

  public LanguageModelGguf {
    if (!BlockEncoder.writes(type)) {
      throw new BadInputException(
          "a language model cannot be written as " + type + "; use F32, F16, Q8_0 or Q4_0");
    }
  }

  /// Writes the file.
  ///
  /// @param weights under our names. Matrices over the vocabulary may have more rows than the
  ///   vocabulary has tokens; the rest is left out. Tensors of the vision tower and projector are
  ///   ignored
  public void write(WeightSource weights, Path path, WriteProgress progress) {
    GgufWriter writer = new GgufWriter();
    List<String> tensors = tensorNames(weights);
    putMetadata(writer, numParameters(weights, tensors));
    GgufNames names = GgufNames.languageModel();
    for (String stored : tensors) {
      String ours = names.ours(stored).orElseThrow();
      List<Long> shape = shape(weights.tensors().get(ours), stored);
      writer.addTensor(
          stored, type(stored, shape), shape, () -> load(weights, ours, stored, shape));
    }
    writer.write(path, progress);
  }

  /// llama.cpp's names of all tensors in the order of its converter. Fails if tensors are missing
  /// or unexpected.
  private List<String> tensorNames(WeightSource weights) {
    GgufNames names = GgufNames.languageModel();
    Set<String> unused = new TreeSet<>(weights.tensors().keySet());
    unused.removeIf(name -> !name.startsWith("language_model.") && !name.startsWith("lm_head."));
    List<String> stored = new ArrayList<>();
    if (unused.contains("lm_head.weight")) { // otherwise llama.cpp uses the embedding table
      stored.add("output.weight");
    }
    stored.add("token_embd.weight");
    for (int block = 0; block < config.blockCount(); block++) {
      for (String part : BLOCK_ORDER) {
        stored.add("blk." + block + "." + part + ".weight");
        String bias = "blk." + block + "." + part + ".bias";
        if (unused.contains(names.ours(bias).orElseThrow())) {
          stored.add(bias);
        }
      }
    }
    stored.add("output_norm.weight");
    List<String> missing = new ArrayList<>();
    for (String name : stored) {
      String ours = names.ours(name).orElseThrow();
      if (!unused.remove(ours)) {
        missing.add(ours);
      }
    }
    if (!missing.isEmpty() || !unused.isEmpty()) {
      List<String> problems = new ArrayList<>();
      missing.forEach(name -> problems.add("missing " + name));
      unused.forEach(name -> problems.add("unexpected " + name));
      throw NameList.of(problems)
          .refusal(
              "the language model cannot be written as GGUF: ",
              "; check that the configuration belongs to the weights");
    }
    return stored;
  }

  private List<Long> shape(TensorInfo info, String stored) {
    if (!stored.equals("output.weight") && !stored.equals("token_embd.weight")) {
      return info.shape();
    }
    long numTokens = vocabulary.tokens().size();
    if (info.shape().getFirst() < numTokens) {
      throw new BadInputException(
          info.file()
              + ": tensor "
              + info.name()
              + " has "
              + info.shape().getFirst()
              + " rows for "
              + numTokens
              + " tokens; use the vocabulary of this model");
    }
    return List.of(numTokens, info.shape().getLast());
  }

  private GgmlType type(String stored, List<Long> shape) {
    if (shape.size() == 1) {
      return GgmlType.F32;
    }
    GgmlType wanted =
        type == GgmlType.Q4_0 && stored.equals("output.weight") ? GgmlType.Q8_0 : type;
    return shape.getLast() % wanted.blockValues() == 0 ? wanted : GgmlType.F16;
  }

  private Tensor load(WeightSource weights, String ours, String stored, List<Long> shape) {
    try (Scope scope = new Scope()) {
      Tensor tensor = weights.load(ours).narrow(0, 0, shape.getFirst());
      if (stored.contains(".attn_q.")) {
        return scope.keep(RotaryLayout.permute(tensor, config.headCount()));
      }
      if (stored.contains(".attn_k.")) {
        return scope.keep(RotaryLayout.permute(tensor, config.headCountKv()));
      }
      return scope.keep(tensor);
    }
  }

  private void putMetadata(GgufWriter writer, long numParameters) {
    writer.put("general.architecture", GgufTextConfig.ARCHITECTURE);
    writer.put("general.type", "model");
    writer.put("general.name", name);
    writer.put("general.size_label", sizeLabel(numParameters));
    var counts = new LinkedHashMap<String, Integer>();
    counts.put("llama.block_count", config.blockCount());
    counts.put("llama.context_length", config.contextLength());
    counts.put("llama.embedding_length", config.embeddingLength());
    counts.put("llama.feed_forward_length", config.feedForwardLength());
    counts.put("llama.attention.head_count", config.headCount());
    counts.put("llama.attention.head_count_kv", config.headCountKv());
    counts.forEach((key, count) -> writer.put(key, GgufValue.uint32(count)));
    writer.put("llama.rope.freq_base", GgufValue.float32(config.ropeFrequencyBase()));
    writer.put(
        "llama.attention.layer_norm_rms_epsilon", GgufValue.float32(config.rmsNormEpsilon()));
    writer.put("llama.attention.key_length", GgufValue.uint32(config.headDim()));
    writer.put("llama.attention.value_length", GgufValue.uint32(config.headDim()));
    writer.put("general.file_type", GgufValue.uint32(fileType(type)));
    writer.put("llama.vocab_size", GgufValue.uint32(vocabulary.tokens().size()));
    writer.put("llama.rope.dimension_count", GgufValue.uint32(config.headDim()));
    config
        .ropeLinearFactor()
        .ifPresent(factor -> {
          writer.put("llama.rope.scaling.type", "linear");
          writer.put("llama.rope.scaling.factor", GgufValue.float32(factor));
        });
    putVocabulary(writer);
    writer.put("general.quantization_version", GgufValue.uint32(2));
  }

  private void putVocabulary(GgufWriter writer) {
    String prefix = "tokenizer.ggml.";
    writer.put(prefix + "model", vocabulary.model());
    writer.put(prefix + "pre", vocabulary.pre().orElse("default"));
    writer.put(prefix + "tokens", new GgufValue.Texts(vocabulary.tokens()));
    if (!vocabulary.scores().isEmpty()) {
      writer.put(
          prefix + "scores",
          GgufValue.float32s(vocabulary.scores().stream().map(Float::doubleValue).toList()));
    }
    if (!vocabulary.types().isEmpty()) {
      writer.put(
          prefix + "token_type",
          GgufValue.int32s(vocabulary.types().stream().map(Integer::longValue).toList()));
    }
    if (!vocabulary.merges().isEmpty()) {
      writer.put(prefix + "merges", new GgufValue.Texts(vocabulary.merges()));
    }
    putId(writer, prefix + "bos_token_id", vocabulary.bosId());
    putId(writer, prefix + "eos_token_id", vocabulary.eosId());
    putId(writer, prefix + "unknown_token_id", vocabulary.unknownId());
    putId(writer, prefix + "padding_token_id", vocabulary.paddingId());
    writer.put(prefix + "add_bos_token", vocabulary.addBos());
    writer.put(prefix + "add_eos_token", vocabulary.addEos());
    if (vocabulary.addSpacePrefix() != vocabulary.model().equals(GgufVocabulary.SENTENCE_PIECE)) {
      writer.put(prefix + "add_space_prefix", vocabulary.addSpacePrefix());
    }
    vocabulary
        .chatTemplate()
        .ifPresent(template -> writer.put("tokenizer.chat_template", template));
  }

  private static void putId(GgufWriter writer, String key, OptionalInt id) {
    id.ifPresent(value -> writer.put(key, GgufValue.uint32(value)));
  }

  private long numParameters(WeightSource weights, List<String> tensors) {
    GgufNames names = GgufNames.languageModel();
    long sum = 0;
    for (String stored : tensors) {
      TensorInfo info = weights.tensors().get(names.ours(stored).orElseThrow());
      sum += shape(info, stored).stream().reduce(1L, Math::multiplyExact);
    }
    return sum;
  }

  /// At least two digits, as in 6.7B or 13B.
  private static String sizeLabel(long numParameters) {
    String suffix = "KMBT";
    double scaled = numParameters / 1e3;
    int step = 0;
    while (scaled > 1e3 && step < suffix.length() - 1) {
      scaled /= 1e3;
      step++;
    }
    return String.format(
        Locale.ROOT, scaled < 9.5 ? "%.1f%s" : "%.0f%s", scaled, suffix.charAt(step));
  }

  /// llama.cpp's number for a file whose tensors mostly have this type.
  static long fileType(GgmlType type) {
    return switch (type) {
      case F32 -> 0;
      case F16 -> 1;
      case Q4_0 -> 2;
      case Q8_0 -> 7;
      case BF16, Q4_1, Q5_0, Q5_1, Q8_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, Q8_K, TQ1_0, TQ2_0 ->
          throw new IllegalArgumentException(type + " is not written");
      case IQ2_XXS, IQ2_XS, IQ3_XXS, IQ1_S, IQ4_NL, IQ3_S, IQ2_S, IQ4_XS, IQ1_M, MXFP4 ->
          throw new IllegalArgumentException(type + " is not written");
      case I8, I16, I32, I64, F64 -> throw new IllegalArgumentException(type + " is not written");
    };
  }
}
