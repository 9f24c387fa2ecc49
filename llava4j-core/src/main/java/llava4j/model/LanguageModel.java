package llava4j.model;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import llava4j.config.TextConfig;
import llava4j.model.RotaryEmbedding.Angles;
import llava4j.model.cache.KvCache;
import llava4j.model.cache.KvFormat;
import llava4j.model.cache.KvPool;
import llava4j.model.cache.RaggedBatch;
import llava4j.model.linear.Embedding;
import llava4j.model.linear.Linear;
import llava4j.model.linear.Norm;
import llava4j.model.linear.Parameters;
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
  private static final String TABLE = "language_model.embed_tokens.weight";

  private final TextConfig config;
  private final Device device;
  private final Embedding embedding; // [vocab, dim]
  private final RotaryEmbedding rotary;
  private final List<DecoderBlock> blocks;
  private final Norm outputNorm;
  private final Linear head;
  private final boolean bfloatAttention; // of prompts

  LanguageModel(TextConfig config, Device device, Parameters parameters) {
    this.config = config;
    this.device = device;
    this.rotary = new RotaryEmbedding(config);
    this.blocks =
        IntStream.range(0, config.numLayers())
            .mapToObj(layer -> new DecoderBlock(layer, config, parameters))
            .toList();
    this.bfloatAttention =
        device instanceof Device.Cpu
            && blocks.getFirst().roundsPrompts()
            && BfloatAttention.isFast();
    this.outputNorm = parameters.rmsNorm("language_model.norm", config.rmsNormEps());
    if (config.tieEmbeddings()) {
      Tensor table = parameters.table(TABLE); // [vocab, dim]
      this.embedding = new Embedding.Table(table);
      this.head = parameters.linear(table, null);
    } else {
      this.embedding = parameters.embedding(TABLE);
      this.head = parameters.linear("lm_head");
    }
  }

  public TextConfig config() {
    return config;
  }

  /// A pool for the caches of several sequences.
  ///
  /// @param maxBlocks that may exist at the same time
  /// @throws llava4j.error.BadInputException if there is no kernel for the format here
  public KvPool newPool(KvFormat format, int maxBlocks) {
    boolean quantized = blocks.getFirst().hasQuantizedWeights();
    return new KvPool(config, device, format.type(device, quantized), maxBlocks);
  }

  /// An empty cache for one sequence, with memory of its own.
  public KvCache newCache() {
    return newCache(KvFormat.AUTO);
  }

  /// As [#newCache()], in a format.
  public KvCache newCache(KvFormat format) {
    return KvCache.alone(newPool(format, Integer.MAX_VALUE));
  }

  /// Whether a pass over two or three tokens costs little more than over one, because weights are
  /// read once for them, and gives a token the same bits as alone. On a GPU the latter is not
  /// promised (ADR 25).
  public boolean readsFewRowsAtOnce() {
    return device instanceof Device.Cpu && blocks.getFirst().hasQuantizedWeights();
  }

  /// Looks up token embeddings.
  ///
  /// @param ids each in 0..vocab-1
  /// @return [tokens, dim]
  public Tensor embed(int[] ids) {
    try (Scope scope = new Scope()) {
      Tensor rows = embedding.rows(ids); // [tokens, dim]
      return scope.keep(Tensors.to(rows, device, device.computeType())); // [tokens, dim]
    }
  }

  /// Runs all blocks over new tokens of one sequence and adds them to its KV cache.
  ///
  /// @param embeddings [1, tokens, dim]
  /// @return hidden states after the final norm, [1, tokens, dim]
  public Tensor forward(Tensor embeddings, KvCache cache) {
    return forward(embeddings, RaggedBatch.of(cache, Math.toIntExact(embeddings.size(1))));
  }

  /// Runs all blocks over new tokens of several sequences and adds them to their KV caches. If it
  /// throws, the caches hold what they held.
  ///
  /// @param embeddings of all new tokens, one sequence behind the other, [1, tokens, dim]
  /// @return hidden states after the final norm, [1, tokens, dim]
  public Tensor forward(Tensor embeddings, RaggedBatch batch) {
    return forward(embeddings, batch, (_, _) -> {});
  }

  /// Like [#forward(Tensor, RaggedBatch)]. `onHidden` receives the embeddings as number 0, then the
  /// output of each block; the last one after the final norm.
  Tensor forward(Tensor embeddings, RaggedBatch batch, BiConsumer<Integer, Tensor> onHidden) {
    Tensors.requireShape("embeddings", embeddings, 1, batch.tokens(), config.dim());
    try (Scope scope = new Scope()) {
      batch.reserve();
      Angles angles = rotary.angles(batch.positions(), 1, batch.tokens(), embeddings);
      RowOps rowOps = RowOps.forInference(embeddings);
      CachedAttention attention = new CachedAttention(batch, device, bfloatAttention);
      DecoderPass pass = new DecoderPass(angles, attention, rowOps);
      Tensor hidden = embeddings; // [1, tokens, dim]
      for (int layer = 0; layer < blocks.size(); layer++) {
        onHidden.accept(layer, hidden);
        Tensor next = blocks.get(layer).forward(hidden, pass); // [1, tokens, dim]
        if (layer > 0) {
          hidden.close();
        }
        hidden = next;
      }
      batch.advance();
      Tensor normed = rowOps.norm(outputNorm, hidden); // [1, tokens, dim]
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
}
