package llava4j.model;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import llava4j.config.TextConfig;
import llava4j.model.RotaryEmbedding.Angles;
import llava4j.model.cache.AttentionMask;
import llava4j.model.cache.KvCache;
import llava4j.model.linear.Linear;
import llava4j.model.linear.Norm;
import llava4j.model.linear.Parameters;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// A decoder with the LLaMA architecture (Vicuna, LLaMA-2, Mistral below its window). Immutable and
/// shared by all requests; the state of a request is in its [KvCache].
public final class LanguageModel {
  private final TextConfig config;
  private final Device device;
  private final Tensor embedding; // [vocab, dim]
  private final RotaryEmbedding rotary;
  private final List<DecoderBlock> blocks;
  private final Norm outputNorm;
  private final Linear head;

  LanguageModel(TextConfig config, Device device, Parameters parameters) {
    this.config = config;
    this.device = device;
    this.embedding = parameters.table("language_model.embed_tokens.weight");
    this.rotary = new RotaryEmbedding(config);
    this.blocks =
        IntStream.range(0, config.numLayers())
            .mapToObj(layer -> new DecoderBlock(layer, config, parameters))
            .toList();
    this.outputNorm = parameters.rmsNorm("language_model.norm", config.rmsNormEps());
    this.head =
        config.tieEmbeddings() ? parameters.linear(embedding, null) : parameters.linear("lm_head");
  }

  public TextConfig config() {
    return config;
  }

  /// An empty cache for a request. Beside weights of 4 and 8 bits on a CPU, keys and values are
  /// F16: half the memory, and half the time of a decode step's attention.
  ///
  /// @param leftPadding for each row of the batch, see [KvCache]
  public KvCache newCache(int... leftPadding) {
    DType type = KvCache.type(device, blocks.getFirst().hasQuantizedWeights());
    return new KvCache(config, device, type, leftPadding);
  }

  /// Looks up token embeddings.
  ///
  /// @param ids each in 0..vocab-1
  /// @return [tokens, dim]
  public Tensor embed(int[] ids) {
    try (Scope scope = new Scope()) {
      Tensor index = Tensors.ofIds(ids).to(device.torchDevice(), torch.ScalarType.Long); // [tokens]
      Tensor rows = embedding.index_select(0, index); // [tokens, dim]
      return scope.keep(Tensors.to(rows, device, device.computeType())); // [tokens, dim]
    }
  }

  /// Runs all blocks over new tokens and adds them to the KV cache.
  ///
  /// @param embeddings [batch, tokens, dim]
  /// @return hidden states after the final norm, [batch, tokens, dim]
  public Tensor forward(Tensor embeddings, KvCache cache) {
    return forward(embeddings, cache, (_, _) -> {});
  }

  /// Like [#forward(Tensor, KvCache)]. `onHidden` receives the embeddings as number 0, then the
  /// output of each block; the last one after the final norm.
  Tensor forward(Tensor embeddings, KvCache cache, BiConsumer<Integer, Tensor> onHidden) {
    Tensors.requireShape("embeddings", embeddings, cache.batch(), -1, config.dim());
    long tokens = embeddings.size(1);
    try (Scope scope = new Scope()) {
      cache.reserve(tokens);
      DecoderPass pass =
          new DecoderPass(
              angles(cache, embeddings, tokens),
              AttentionMask.of(cache, tokens, device),
              cache::append);
      Tensor hidden = embeddings; // [batch, tokens, dim]
      for (int layer = 0; layer < blocks.size(); layer++) {
        onHidden.accept(layer, hidden);
        Tensor next = blocks.get(layer).forward(hidden, pass); // [batch, tokens, dim]
        if (layer > 0) {
          hidden.close();
        }
        hidden = next;
      }
      cache.advance(tokens);
      Tensor normed = outputNorm.forward(hidden); // [batch, tokens, dim]
      onHidden.accept(blocks.size(), normed);
      return scope.keep(normed);
    }
  }

  /// The logits of all vocabulary entries.
  ///
  /// @param hidden [batch, tokens, dim]
  /// @return fp32 logits, [batch, tokens, vocab]
  public Tensor logits(Tensor hidden) {
    try (Scope scope = new Scope()) {
      Tensor logits = head.forward(hidden).to(torch.ScalarType.Float); // [batch, tokens, vocab]
      if (head instanceof Linear.Quantized) {
        // rounded to 8 bits, NaN would become a number
        logits.add_(hidden.mul(new Scalar(0)).sum(new long[] {-1}, true, new ScalarTypeOptional()));
      }
      return scope.keep(logits);
    }
  }

  private Angles angles(KvCache cache, Tensor like, long tokens) {
    int batch = cache.batch();
    long[] positions = new long[Math.toIntExact(batch * tokens)];
    for (int row = 0; row < batch; row++) {
      for (int token = 0; token < tokens; token++) {
        long position = cache.length() + token - cache.leftPadding(row);
        positions[Math.toIntExact(row * tokens + token)] = Math.max(0, position);
      }
    }
    return rotary.angles(positions, batch, tokens, like);
  }
}
