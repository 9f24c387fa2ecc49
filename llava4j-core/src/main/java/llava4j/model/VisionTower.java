package llava4j.model;

import static llava4j.model.Attention.attend;
import static llava4j.model.Attention.joinHeads;
import static llava4j.model.Attention.splitHeads;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import llava4j.config.VisionConfig;
import llava4j.model.linear.Linear;
import llava4j.model.linear.Norm;
import llava4j.model.linear.Parameters;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/// CLIP's image encoder up to the hidden state that LLaVA uses (paper section 3; Hugging Face
/// `CLIPVisionModel`). Blocks after that state, and the final norm, are neither loaded nor run.
public final class VisionTower {
  /// Slope of quick GELU's sigmoid.
  private static final double QUICK = 1.702;

  private final VisionConfig config;
  private final Tensor patchKernel; // [dim, 3, patch, patch]
  private final Tensor classEmbedding; // [dim]
  private final Tensor positionEmbedding; // [patches + 1, dim]
  private final Norm inputNorm;
  private final List<Block> blocks;
  private final Attending attention;

  /// Gets its weights from `parameters`, which owns them.
  public VisionTower(VisionConfig config, Parameters parameters) {
    String root = "vision_tower.vision_model.";
    this.config = config;
    this.patchKernel = parameters.dense(root + "embeddings.patch_embedding.weight");
    this.classEmbedding = parameters.dense(root + "embeddings.class_embedding");
    this.positionEmbedding = parameters.dense(root + "embeddings.position_embedding.weight");
    this.inputNorm = parameters.layerNorm(root + "pre_layrnorm", config.layerNormEps());
    this.blocks =
        IntStream.range(0, config.layersToRun())
            .mapToObj(
                layer -> new Block(config, parameters, root + "encoder.layers." + layer + "."))
            .toList();
    boolean bfloat =
        blocks.stream().anyMatch(block -> block.query.roundsManyRows()) && BfloatAttention.isFast();
    this.attention = bfloat ? BfloatAttention::whole : (q, k, v) -> attend(q, k, v, null, false);
  }

  /// Attention of all tokens to all.
  @FunctionalInterface
  private interface Attending {
    /// [views, heads, rows, headDim] each, and the result
    Tensor attend(Tensor query, Tensor key, Tensor value);
  }

  public VisionConfig config() {
    return config;
  }

  /// Encodes views.
  ///
  /// @param pixels normalised, [views, 3, imageSize, imageSize]
  /// @return the selected tokens of the selected hidden state, [views, rows, visionDim]
  public Tensor forward(Tensor pixels) {
    return forward(pixels, (_, _) -> {});
  }

  /// Like [#forward(Tensor)]. `onHidden` receives every hidden state [views, patches + 1,
  /// visionDim] with its number.
  Tensor forward(Tensor pixels, BiConsumer<Integer, Tensor> onHidden) {
    Tensors.requireShape("pixels", pixels, -1, 3, config.imageSize(), config.imageSize());
    try (Scope scope = new Scope()) {
      Tensor hidden = embed(pixels); // [views, patches + 1, dim]
      onHidden.accept(0, hidden);
      for (int layer = 0; layer < blocks.size(); layer++) {
        Tensor next = blocks.get(layer).forward(hidden, attention); // [views, patches + 1, dim]
        hidden.close();
        hidden = next;
        onHidden.accept(layer + 1, hidden);
      }
      return scope.keep(select(hidden)); // [views, rows, dim]
    }
  }

  private Tensor embed(Tensor pixels) {
    long views = pixels.size(0);
    long patch = config.patchSize();
    try (Scope scope = new Scope()) {
      Tensor map =
          torch.conv2d(
              pixels,
              patchKernel,
              new TensorOptional(),
              new long[] {patch, patch},
              new long[] {0, 0},
              new long[] {1, 1},
              1); // [views, dim, side, side]
      Tensor patches = map.flatten(2, 3).transpose(1, 2); // [views, patches, dim]
      Tensor cls = classEmbedding.expand(views, 1, config.dim()); // [views, 1, dim]
      Tensor rows =
          Tensors.concatenate(List.of(cls, patches), 1)
              .add_(positionEmbedding); // [views, patches + 1, dim]
      return scope.keep(inputNorm.forward(rows)); // [views, patches + 1, dim]
    }
  }

  private Tensor select(Tensor hidden) {
    return switch (config.featureSelection()) {
      case PATCH -> hidden.narrow(1, 1, hidden.size(1) - 1).contiguous(); // [views, patches, dim]
      case CLS_PATCH -> hidden; // [views, patches + 1, dim]
    };
  }

  /// One pre-norm transformer block.
  private static final class Block {
    private final int numHeads;
    private final VisionConfig.Activation activation;
    private final Norm attentionNorm;
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear output;
    private final Norm feedForwardNorm;
    private final Linear up;
    private final Linear down;

    Block(VisionConfig config, Parameters parameters, String prefix) {
      long rows = config.numPatches() + 1L;
      this.numHeads = config.numHeads();
      this.activation = config.activation();
      this.attentionNorm = parameters.layerNorm(prefix + "layer_norm1", config.layerNormEps());
      this.query = parameters.denseLinear(prefix + "self_attn.q_proj", rows);
      this.key = parameters.denseLinear(prefix + "self_attn.k_proj", rows);
      this.value = parameters.denseLinear(prefix + "self_attn.v_proj", rows);
      this.output = parameters.denseLinear(prefix + "self_attn.out_proj", rows);
      this.feedForwardNorm = parameters.layerNorm(prefix + "layer_norm2", config.layerNormEps());
      this.up = parameters.denseLinear(prefix + "mlp.fc1", rows);
      this.down = parameters.denseLinear(prefix + "mlp.fc2", rows);
    }

    Tensor forward(Tensor hidden, Attending attention) {
      try (Scope scope = new Scope()) {
        Tensor normed = attentionNorm.forward(hidden); // [views, rows, dim]
        Tensor q = splitHeads(query.forward(normed), numHeads); // [views, heads, rows, headDim]
        Tensor k = splitHeads(key.forward(normed), numHeads); // [views, heads, rows, headDim]
        Tensor v = splitHeads(value.forward(normed), numHeads); // [views, heads, rows, headDim]
        Tensor heads = attention.attend(q, k, v); // [views, heads, rows, headDim]
        Tensor attended = joinHeads(heads); // [views, rows, dim]
        Tensor middle = output.forward(attended).add_(hidden); // [views, rows, dim]
        Tensor wide =
            activate(up.forward(feedForwardNorm.forward(middle))); // [views, rows, intermediate]
        return scope.keep(down.forward(wide).add_(middle)); // [views, rows, dim]
      }
    }

    private Tensor activate(Tensor wide) {
      return switch (activation) {
        case QUICK_GELU ->
            torch.silu(wide.mul(new Scalar(QUICK))).mul_(new Scalar(1 / QUICK)); // x σ(1.702 x)
        case GELU -> torch.gelu(wide);
      };
    }
  }
}
