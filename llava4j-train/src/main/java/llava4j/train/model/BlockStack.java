package llava4j.train.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llava4j.config.TextConfig;
import llava4j.model.DecoderBlock;
import llava4j.model.DecoderPass;
import llava4j.model.linear.Linear;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Scope;
import llava4j.train.config.LoraSettings;
import llava4j.train.shard.ParameterUnit;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The decoder blocks with gradient checkpointing: forward keeps only the input of each block;
/// backward runs the block forward again with a graph, then backward. Only one block's activations
/// exist at a time. Sharded parameters are gathered (all-gather) for one block at a time, while
/// those of the next block are already on their way.
final class BlockStack {

  /// What a block keeps between forward and backward: only its input (gradient checkpointing) or
  /// all activations.
  enum Activations {
    RECOMPUTE,
    KEEP
  }

  /// The parameter units of one block.
  ///
  /// @param base parameters of the block itself
  /// @param adapterOrNull LoRA matrices of the block; null without LoRA
  /// @param quantised matrices in 4 bits, by prefix of their names
  record BlockUnits(
      ParameterUnit base, ParameterUnit adapterOrNull, Map<String, Linear> quantised) {
    GatheredLayer gather() {
      return new GatheredLayer(
          base.gather(), adapterOrNull == null ? null : adapterOrNull.gather());
    }
  }

  record GatheredLayer(ParameterUnit.Gathered base, ParameterUnit.Gathered adapterOrNull)
      implements AutoCloseable {
    Map<String, Tensor> parameters() {
      Map<String, Tensor> all = new LinkedHashMap<>(base.await().parameters());
      if (adapterOrNull != null) {
        all.putAll(adapterOrNull.await().parameters());
      }
      return all;
    }

    @Override
    public void close() {
      base.close();
      if (adapterOrNull != null) {
        adapterOrNull.close();
      }
    }
  }

  private final TextConfig config;
  private final List<BlockUnits> blocks;
  private final LoraSettings lora; // null without LoRA
  private final Activations activations;
  private final List<Tensor> inputs = new ArrayList<>(); // each [sequences, tokens, dim]
  private final List<BlockRun> kept = new ArrayList<>();
  private GatheredLayer lastLayer; // not released, because backward starts with the last block

  BlockStack(
      TextConfig config, List<BlockUnits> blocks, LoraSettings lora, Activations activations) {
    this.config = config;
    this.blocks = List.copyOf(blocks);
    this.lora = lora;
    this.activations = activations;
  }

  /// Runs all blocks forward. Tensors kept for backward belong to the caller's scope.
  ///
  /// @param embeddings [sequences, tokens, dim]
  /// @param seed random seed of dropout for this micro-batch
  /// @return hidden states after the last block, [sequences, tokens, dim]
  Tensor forward(Tensor embeddings, DecoderPass pass, long seed) {
    inputs.clear();
    kept.clear();
    Tensor hidden = embeddings; // [sequences, tokens, dim]
    GatheredLayer next = blocks.getFirst().gather();
    for (int layer = 0; layer < blocks.size() - 1; layer++) {
      try (GatheredLayer current = next) {
        next = blocks.get(layer + 1).gather();
        inputs.add(hidden);
        if (activations == Activations.KEEP) {
          BlockRun run = runWithGraph(layer, current, hidden, pass, seed);
          kept.add(run);
          hidden = run.output(); // [sequences, tokens, dim]
        } else {
          hidden = runWithoutGraph(layer, current, hidden, pass, seed); // [sequences, tokens, dim]
        }
      }
    }
    inputs.add(hidden);
    lastLayer = next;
    kept.add(runWithGraph(blocks.size() - 1, next, hidden, pass, seed));
    return kept.getLast().output();
  }

  /// Runs all blocks backward and adds the gradients of their parameters to the units, whose sums
  /// over the processes run while the next block computes.
  ///
  /// @param outputGradient gradient of the result of [#forward], [sequences, tokens, dim]
  /// @return gradient of the embeddings, [sequences, tokens, dim]
  Tensor backward(Tensor outputGradient, DecoderPass pass, long seed) {
    Tensor gradient = outputGradient; // [sequences, tokens, dim]
    GatheredLayer next = lastLayer;
    for (int layer = blocks.size() - 1; layer >= 0; layer--) {
      try (GatheredLayer current = next;
          Scope scope = new Scope()) {
        next = layer > 0 ? blocks.get(layer - 1).gather() : null;
        BlockRun run =
            activations == Activations.KEEP || layer == blocks.size() - 1
                ? kept.removeLast()
                : runWithGraph(layer, current, inputs.get(layer), pass, seed);
        Gradients gradients = run.backward(gradient);
        accumulate(blocks.get(layer), gradients.ofParameters());
        gradient = scope.keep(gradients.ofInputs().getFirst()); // [sequences, tokens, dim]
      }
    }
    inputs.clear();
    kept.clear();
    return gradient;
  }

  private Tensor runWithoutGraph(
      int layer, GatheredLayer gathered, Tensor input, DecoderPass pass, long seed) {
    try (Scope scope = new Scope();
        GradientMode _ = GradientMode.off()) {
      DecoderBlock block = block(layer, gathered.parameters(), seed);
      DecoderBlock.Projected projected = block.project(input, pass);
      NativeRuntime.useOneThreadPool(); // fused attention calls BLAS from libtorch's threads
      Tensor heads = block.attention(projected, pass); // [sequences, heads, tokens, headDim]
      NativeRuntime.useAllThreadPools();
      return scope.keep(block.finish(input, heads, pass)); // [sequences, tokens, dim]
    }
  }

  private BlockRun runWithGraph(
      int layer, GatheredLayer gathered, Tensor input, DecoderPass pass, long seed) {
    Map<String, Tensor> parameters = gathered.parameters();
    return BlockRun.of(block(layer, parameters, seed), parameters, input, pass);
  }

  private DecoderBlock block(int layer, Map<String, Tensor> parameters, long seed) {
    if (lora != null && lora.dropout() > 0) {
      // the same dropout mask when the block is recomputed, and after a resume
      torch.manual_seed(seed * 1_000_003 + layer);
    }
    return new DecoderBlock(
        layer, config, new GatheredParameters(parameters, blocks.get(layer).quantised(), lora));
  }

  private static void accumulate(BlockUnits units, Map<String, Tensor> gradients) {
    ParameterUnit trained = units.base().isTrainable() ? units.base() : units.adapterOrNull();
    if (trained != null) {
      trained.accumulate(gradients);
      trained.complete();
    }
  }
}
