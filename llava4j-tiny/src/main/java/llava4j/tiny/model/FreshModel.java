package llava4j.tiny.model;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.convert.CheckpointConverter;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.config.Llava15;
import llava4j.config.LlavaConfig;
import llava4j.image.ImageProcessorConfig;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.text.tokenizer.SentencePieceModel;
import llava4j.text.tokenizer.SentencePieceTokenizer;
import llava4j.train.model.SeededTensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/// A LLaVA that has learned nothing yet, for runs that begin from nothing.
///
/// @param config what it is built like
/// @param vocabulary its language model's words
/// @param seed of its values
public record FreshModel(LlavaConfig config, SentencePieceModel vocabulary, long seed) {
  private static final int BOS = 1;
  private static final int EOS = 2;
  private static final int ROWS_MULTIPLE = 64;

  /// The bundled model's shape around a vocabulary.
  public static FreshModel tiny(SentencePieceModel vocabulary, long seed) {
    int tokens = vocabulary.pieces().size() + 2; // <image> and <pad>
    int rows = Math.ceilDiv(tokens, ROWS_MULTIPLE) * ROWS_MULTIPLE;
    return new FreshModel(Llava15.tiny(rows), vocabulary, seed);
  }

  /// The same with another size of views and other numbers of blocks.
  ///
  /// @param imageSide pixels of a view, a multiple of the patch's
  /// @param towerBlocks of the vision tower, of which all are used
  /// @param textBlocks of the language model
  public FreshModel shaped(int imageSide, int towerBlocks, int textBlocks) {
    LlavaConfig other =
        config
            .withVision(config.vision().withShape(imageSide, towerBlocks))
            .withText(config.text().withNumLayers(textBlocks));
    return new FreshModel(other, vocabulary, seed);
  }

  /// Writes it in Hugging Face's layout.
  ///
  /// @param folder new or empty
  public void write(Path folder) {
    int pieces = vocabulary.pieces().size();
    SortedMap<String, Integer> added =
        new TreeMap<>(Map.of("<image>", pieces, "<pad>", pieces + 1));
    SentencePieceTokenizer.Settings settings =
        new SentencePieceTokenizer.Settings(
            true, BOS, EOS, OptionalInt.of(pieces + 1), added, Map.of(), true);
    try (Checkpoint checkpoint =
        new Checkpoint(
            folder.toAbsolutePath().getFileName().toString(),
            folder,
            Checkpoint.Dialect.HUGGING_FACE,
            config,
            ImageProcessorConfig.clip(config.vision().imageSize()),
            new Weights(ParameterTable.of(config).shapes()),
            () -> new SentencePieceTokenizer(vocabulary, settings),
            Set.of(EOS),
            true)) {
      new CheckpointConverter(checkpoint, WriteListener.NONE).toHuggingFace(folder, DType.F32);
    }
  }

  /// Values as CLIP and LLaMA begin with.
  private final class Weights implements WeightSource {
    private static final Pattern ATTENTION =
        Pattern.compile("layers\\.([0-9]+)\\.self_attn\\..*\\.weight$");
    private static final double NOISE = 0.01;
    private static final double TURNED = -0.4;
    private static final double DEVIATION = 0.02;
    private static final String POST_NORM = "vision_tower.vision_model.post_layernorm";

    private final SequencedMap<String, List<Long>> shapes;
    private final SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();
    private final SeededTensors random = new SeededTensors(seed);
    private final FreshTower tower = new FreshTower(config.vision());
    private final FreshDecoder decoder = new FreshDecoder(config.text(), random);

    Weights(SequencedMap<String, List<Long>> shapes) {
      this.shapes = shapes;
      long dim = config.vision().dim();
      shapes.putLast(POST_NORM + ".weight", List.of(dim)); // never run; transformers expects it
      shapes.putLast(POST_NORM + ".bias", List.of(dim));
      shapes.forEach((name, shape) -> tensors.put(name, info(name, shape)));
    }

    private static TensorInfo info(String name, List<Long> shape) {
      long elements = shape.stream().reduce(1L, Math::multiplyExact);
      return new TensorInfo(
          name, DType.F32, "F32", shape, elements * DType.F32.bytes(), Path.of("fresh"));
    }

    @Override
    public SequencedMap<String, TensorInfo> tensors() {
      return tensors;
    }

    @Override
    public Tensor load(String name) {
      List<Long> shape = shapes.get(name);
      if (name.endsWith(".bias")) {
        return random.constant(shape, 0);
      }
      if (name.startsWith("language_model.")) {
        return decoder.of(name, shape);
      }
      if (isNorm(name)) {
        return random.constant(shape, 1);
      }
      if (name.startsWith("vision_tower.")) {
        return ofTower(name, shape);
      }
      return random.normal(name, shape, deviation(name, shape));
    }

    /// By the length of a matrix's rows; what is added to the hidden states is smaller, the deeper
    /// the model.
    private double deviation(String name, List<Long> shape) {
      if (name.contains("class_embedding")) {
        return DEVIATION;
      }
      long fanIn = shape.stream().skip(1).reduce(1L, Math::multiplyExact);
      double whole = 1 / Math.sqrt((double) fanIn);
      if (name.matches(".*\\.(out_proj|fc2)\\.weight")) {
        return whole / Math.sqrt(2.0 * config.vision().numLayers());
      }
      return whole;
    }

    /// Attention of the first blocks looks at fixed distances, the others' at rows that are alike,
    /// and takes what they say turned round, as in towers that have learned (arXiv 2305.09828).
    private Tensor ofTower(String name, List<Long> shape) {
      if (name.endsWith("patch_embedding.weight")) {
        return tower.patchKernels();
      }
      if (name.endsWith("position_embedding.weight")) {
        return tower.positions();
      }
      Matcher attention = ATTENTION.matcher(name);
      if (!attention.find()) {
        return random.normal(name, shape, deviation(name, shape));
      }
      int block = Integer.parseInt(attention.group(1));
      return tower.looksAtDistances(block) ? atDistances(name, shape, block) : alike(name, shape);
    }

    private Tensor atDistances(String name, List<Long> shape, int block) {
      if (name.contains(".v_proj.")) {
        return random.normal(name, shape, deviation(name, shape));
      }
      if (name.contains(".out_proj.")) {
        return random.normal(name, shape, 1 / Math.sqrt(2.0 * config.vision().dim()));
      }
      Tensor places = name.contains(".q_proj.") ? tower.queries(block) : tower.keys(); // [dim, dim]
      try (Tensor noise = random.normal(name, shape, NOISE)) {
        return places.add_(noise);
      }
    }

    private Tensor alike(String name, List<Long> shape) {
      if (name.contains(".k_proj.")) {
        return ofTower(name.replace(".k_proj.", ".q_proj."), shape);
      }
      if (name.contains(".out_proj.")) {
        try (Scope scope = new Scope()) {
          Tensor values = load(name.replace(".out_proj.", ".v_proj.")); // [dim, dim]
          return scope.keep(values.t().contiguous().mul_(new Scalar(TURNED))); // [dim, dim]
        }
      }
      return random.normal(name, shape, deviation(name, shape));
    }

    private static boolean isNorm(String name) {
      return name.matches(".*(norm|norm1|norm2|layrnorm|layernorm)\\.weight");
    }

    @Override
    public void close() {}
  }
}
