package llava4j.checkpoint.gguf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;
import llava4j.checkpoint.RenamedSource;
import llava4j.checkpoint.TensorInfo;
import llava4j.checkpoint.WeightSource;
import llava4j.config.ProjectorConfig;
import llava4j.config.RopeScaling;
import llava4j.config.TextConfig;
import llava4j.config.VisionConfig;
import llava4j.config.VisionConfig.Activation;
import llava4j.config.VisionConfig.FeatureSelection;
import llava4j.error.BadInputException;
import llava4j.text.SentencePieceModel;
import llava4j.text.SentencePieceModel.Piece;
import llava4j.text.SentencePieceModel.PieceType;
import llava4j.text.SentencePieceTokenizer;
import llava4j.text.SentencePieceTokenizer.Settings;
import org.bytedeco.pytorch.Tensor;

/// A LLaVA model in llama.cpp's two files: language model and `mmproj`.
///
/// The vision tower has exactly `block_count` blocks and all are run: the converter left out the
/// last block, so the output is hidden state -2. (llama.cpp of early 2025 stops one earlier still.)
public final class GgufModel {
  private final GgufFile text;
  private final GgufFile vision;

  /// Takes over both files; [#weights] closes them.
  public GgufModel(GgufFile text, GgufFile vision) {
    this.text = text;
    this.vision = vision;
    requireArchitecture(text, "llama");
    requireArchitecture(vision, "clip");
    if (!vision.metadata().flag("clip.has_vision_encoder", true)) {
      throw new BadInputException(
          vision.path() + " holds no vision encoder; name the mmproj file with --mmproj");
    }
  }

  /// Whether a GGUF file is the picture side of a model.
  public static boolean isVision(Path file) {
    try (GgufFile opened = GgufFile.open(file)) {
      return opened.metadata().text("general.architecture", "").equals("clip");
    }
  }

  public TextConfig textConfig() {
    GgufMetadata metadata = text.metadata();
    int dim = metadata.integer("llama.embedding_length");
    int heads = metadata.integer("llama.attention.head_count");
    int headDim = metadata.integer("llama.attention.key_length", dim / Math.max(1, heads));
    if (metadata.integer("llama.rope.dimension_count", headDim) != headDim) {
      throw new BadInputException(
          text.path()
              + ": llama.rope.dimension_count differs from the head's "
              + headDim
              + ", which is not supported");
    }
    TensorInfo embedding = text.tensors().get("token_embd.weight");
    if (embedding == null || embedding.shape().size() != 2) {
      throw new BadInputException(
          text.path() + " lacks the tensor token_embd.weight; fetch it again");
    }
    return new TextConfig(
        dim,
        metadata.integer("llama.feed_forward_length"),
        metadata.integer("llama.block_count"),
        heads,
        metadata.integer("llama.attention.head_count_kv", heads),
        headDim,
        Math.toIntExact(embedding.shape().getFirst()),
        metadata.integer("llama.context_length"),
        metadata.number("llama.attention.layer_norm_rms_epsilon", 1e-5),
        metadata.number("llama.rope.freq_base", 10000),
        switch (metadata.text("llama.rope.scaling.type", "none")) {
          case "none" -> new RopeScaling.None();
          case "linear" -> new RopeScaling.Linear(metadata.number("llama.rope.scaling.factor", 1));
          default ->
              throw new BadInputException(
                  text.path()
                      + ": llama.rope.scaling.type '"
                      + metadata.text("llama.rope.scaling.type", "")
                      + "' is not supported; supported are none and linear");
        },
        !text.tensors().containsKey("output.weight"),
        OptionalInt.empty());
  }

  public VisionConfig visionConfig() {
    GgufMetadata metadata = vision.metadata();
    return new VisionConfig(
        metadata.integer("clip.vision.image_size"),
        metadata.integer("clip.vision.patch_size"),
        metadata.integer("clip.vision.embedding_length"),
        metadata.integer("clip.vision.feed_forward_length"),
        metadata.integer("clip.vision.block_count"),
        metadata.integer("clip.vision.attention.head_count"),
        metadata.number("clip.vision.attention.layer_norm_epsilon", 1e-5),
        metadata.flag("clip.use_gelu", false) ? Activation.GELU : Activation.QUICK_GELU,
        -1,
        FeatureSelection.PATCH);
  }

  public ProjectorConfig projectorConfig() {
    String type = vision.metadata().text("clip.projector_type", "mlp");
    if (!type.equals("mlp")) {
      throw new BadInputException(
          vision.path()
              + ": clip.projector_type '"
              + type
              + "' is not supported; LLaVA-1.5 and 1.6 have mlp");
    }
    long linears =
        vision.tensors().keySet().stream()
            .filter(name -> name.matches("mm\\.\\d+\\.weight"))
            .count();
    return new ProjectorConfig.Mlp((int) Math.max(1, linears));
  }

  /// Metadata of the picture side, for the image layout.
  public GgufMetadata visionMetadata() {
    return vision.metadata();
  }

  /// Metadata of the language model.
  public GgufMetadata textMetadata() {
    return text.metadata();
  }

  /// The tokenizer in the language model's metadata.
  public SentencePieceTokenizer tokenizer() {
    GgufMetadata metadata = text.metadata();
    String kind = metadata.text("tokenizer.ggml.model", "");
    if (!kind.equals("llama")) {
      throw new BadInputException(
          text.path()
              + ": tokenizer '"
              + kind
              + "' is not supported; LLaVA-1.5 and its relatives have llama");
    }
    List<String> tokens = metadata.list("tokenizer.ggml.tokens", String.class);
    List<Double> scores = metadata.list("tokenizer.ggml.scores", Double.class);
    List<Long> types = metadata.list("tokenizer.ggml.token_type", Long.class);
    if (tokens.isEmpty() || scores.size() != tokens.size() || types.size() != tokens.size()) {
      throw new BadInputException(
          text.path()
              + " has "
              + tokens.size()
              + " tokens, "
              + scores.size()
              + " scores and "
              + types.size()
              + " token types, which must be as many; convert the model again");
    }
    return new SentencePieceTokenizer(
        SentencePieceModel.of(
            pieces(tokens, scores, types, metadata),
            metadata.flag("tokenizer.ggml.add_space_prefix", true)),
        new Settings(
            true,
            metadata.integer("tokenizer.ggml.bos_token_id", 1),
            metadata.integer("tokenizer.ggml.eos_token_id", 2),
            padId(metadata, tokens.size()),
            added(tokens, types)));
  }

  /// Whether prompts begin with the beginning-of-sequence id.
  public boolean addsBos() {
    return text.metadata().flag("tokenizer.ggml.add_bos_token", true);
  }

  /// All tensors under our names, query and key rows in Hugging Face's order. Closing it closes
  /// both files.
  public WeightSource weights() {
    RenamedSource renamed = new RenamedSource();
    renamed.add(text, GgufNames::oursOfText);
    boolean downIsFirst = downIsFirst();
    renamed.add(vision, stored -> GgufNames.oursOfVision(stored, downIsFirst));
    return new SplitHeads(renamed, textConfig());
  }

  /// Old converters swapped the names of the two feed-forward matrices; the shape tells.
  private boolean downIsFirst() {
    TensorInfo down = vision.tensors().get("v.blk.0.ffn_down.weight");
    return down != null
        && down.shape().getLast() == vision.metadata().integer("clip.vision.embedding_length");
  }

  private static List<Piece> pieces(
      List<String> tokens, List<Double> scores, List<Long> types, GgufMetadata metadata) {
    List<Piece> pieces = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      PieceType type = PieceType.of(types.get(i));
      if (type == null || tokens.get(i).isEmpty()) {
        throw new BadInputException(
            metadata.file()
                + ": token "
                + i
                + " is empty or has the unknown type "
                + types.get(i)
                + "; convert the model again");
      }
      // A user-defined piece would be matched inside words; ours are cut out of the text before.
      pieces.add(
          new Piece(
              tokens.get(i),
              scores.get(i).floatValue(),
              type == PieceType.USER_DEFINED ? PieceType.CONTROL : type));
    }
    if (pieces.stream().filter(piece -> piece.type() == PieceType.UNKNOWN).count() != 1) {
      throw new BadInputException(
          metadata.file() + " must have exactly one unknown token; convert the model again");
    }
    return pieces;
  }

  private static SortedMap<String, Integer> added(List<String> tokens, List<Long> types) {
    SortedMap<String, Integer> added = new TreeMap<>();
    for (int i = 0; i < tokens.size(); i++) {
      if (PieceType.of(types.get(i)) == PieceType.USER_DEFINED
          || PieceType.of(types.get(i)) == PieceType.UNUSED) {
        added.put(tokens.get(i), i);
      }
    }
    return added;
  }

  private static OptionalInt padId(GgufMetadata metadata, int numTokens) {
    int id = metadata.integer("tokenizer.ggml.padding_token_id", -1);
    return id >= 0 && id < numTokens ? OptionalInt.of(id) : OptionalInt.empty();
  }

  private static void requireArchitecture(GgufFile file, String expected) {
    String found = file.metadata().text("general.architecture", "");
    if (!found.equals(expected)) {
      throw new BadInputException(
          file.path()
              + " has architecture '"
              + found
              + "' where '"
              + expected
              + "' is needed: a model is one file of"
              + " architecture llama and one mmproj file of architecture clip");
    }
  }

  /// Undoes the row order of query and key matrices when they are loaded.
  private record SplitHeads(WeightSource source, TextConfig config) implements WeightSource {
    @Override
    public SequencedMap<String, TensorInfo> tensors() {
      return source.tensors();
    }

    @Override
    public Tensor load(String name) {
      Tensor stored = source.load(name);
      if (!name.startsWith("language_model.layers.")) {
        return stored;
      }
      if (name.endsWith("self_attn.q_proj.weight")) {
        return reordered(stored, config.numHeads());
      }
      return name.endsWith("self_attn.k_proj.weight")
          ? reordered(stored, config.numKvHeads())
          : stored;
    }

    private static Tensor reordered(Tensor stored, long heads) {
      try (stored) {
        return RopeLayout.split(stored, heads);
      }
    }

    @Override
    public void close() {
      source.close();
    }
  }
}
