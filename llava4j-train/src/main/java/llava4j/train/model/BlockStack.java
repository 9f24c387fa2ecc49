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

/// The decoder's blocks, driven one by one: forward keeps a block's input alone, backward computes
/// the block again and goes through it. So activations of one block exist at a time, and parameters
/// that are dealt to processes are gathered for one block at a time, the next one's on its way.
final class BlockStack {

  /// What a block keeps between forward and backward.
  enum Activations {
    RECOMPUTE,
    KEEP
  }

  /// The units of one block.
  ///
  /// @param base its own parameters
  /// @param adapterOrNull LoRA's matrices
  /// @param quantised matrices that are kept in 4 bits, by prefix
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
  private final LoraSettings lora; // null without adapters
  private final Activations activations;
  private final List<Tensor> inputs = new ArrayList<>(); // each [sequences, tokens, dim]
  private final List<BlockRun> kept = new ArrayList<>();
  private GatheredLayer lastLayer; // backward begins with the last block, so it is kept in any case

  BlockStack(
      TextConfig config, List<BlockUnits> blocks, LoraSettings lora, Activations activations) {
    this.config = config;
    this.blocks = List.copyOf(blocks);
    this.lora = lora;
    this.activations = activations;
  }

  /// Runs all blocks. What they keep belongs to the caller's scope.
  ///
  /// @param embeddings [sequences, tokens, dim]
  /// @param seed of the dropout of this micro-batch
  /// @return [sequences, tokens, dim]
  Tensor forward(Tensor embeddings, DecoderPass pass, long seed) {
    inputs.clear();
    kept.clear();
    Tensor hidden = embeddings; // [sequences, tokens, dim]
    GatheredLayer next = blocks.getFirst().gather();
    for (int layer = 0; layer < blocks.size() - 1; layer++) {
      try (GatheredLayer here = next) {
        next = blocks.get(layer + 1).gather();
        inputs.add(hidden);
        if (activations == Activations.KEEP) {
          BlockRun run = record(layer, here, hidden, pass, seed);
          kept.add(run);
          hidden = run.output(); // [sequences, tokens, dim]
        } else {
          hidden =
              runWithoutActivations(layer, here, hidden, pass, seed); // [sequences, tokens, dim]
        }
      }
    }
    inputs.add(hidden);
    lastLayer = next;
    kept.add(record(blocks.size() - 1, next, hidden, pass, seed));
    return kept.getLast().output();
  }

  /// Goes back through all blocks and adds their parameters' gradients to the units.
  ///
  /// @param outputGradient of what [#forward] gave, [sequences, tokens, dim]
  /// @return gradient of the embeddings, [sequences, tokens, dim]
  Tensor backward(Tensor outputGradient, DecoderPass pass, long seed) {
    Tensor gradient = outputGradient; // [sequences, tokens, dim]
    GatheredLayer next = lastLayer;
    for (int layer = blocks.size() - 1; layer >= 0; layer--) {
      try (GatheredLayer here = next;
          Scope scope = new Scope()) {
        next = layer > 0 ? blocks.get(layer - 1).gather() : null;
        BlockRun run =
            activations == Activations.KEEP || layer == blocks.size() - 1
                ? kept.removeLast()
                : record(layer, here, inputs.get(layer), pass, seed);
        Gradients gradients = run.backward(gradient);
        accumulate(blocks.get(layer), gradients.ofParameters());
        gradient = scope.keep(gradients.ofInputs().getFirst()); // [sequences, tokens, dim]
      }
    }
    inputs.clear();
    kept.clear();
    return gradient;
  }

  private Tensor runWithoutActivations(
      int layer, GatheredLayer use, Tensor input, DecoderPass pass, long seed) {
    try (Scope scope = new Scope();
        GradientMode _ = GradientMode.off()) {
      DecoderBlock block = block(layer, use.parameters(), seed);
      DecoderBlock.Projected projected = block.project(input, pass);
      NativeRuntime.useOneThreadPool(); // fused attention calls BLAS from libtorch's threads
      Tensor heads = DecoderBlock.attention(projected, pass); // [sequences, heads, tokens, headDim]
      NativeRuntime.useAllThreadPools();
      return scope.keep(block.finish(input, heads)); // [sequences, tokens, dim]
    }
  }

  private BlockRun record(int layer, GatheredLayer use, Tensor input, DecoderPass pass, long seed) {
    Map<String, Tensor> parameters = use.parameters();
    return BlockRun.of(block(layer, parameters, seed), parameters, input, pass);
  }

  private DecoderBlock block(int layer, Map<String, Tensor> parameters, long seed) {
    if (lora != null && lora.dropout() > 0) {
      // the same mask when the block is computed again, and after a resume
      torch.manual_seed(seed * 1_000_003 + layer);
    }
    return new DecoderBlock(
        layer, config, new GatheredParameters(parameters, blocks.get(layer).quantised(), lora));
  }

  private static void accumulate(BlockUnits units, Map<String, Tensor> gradients) {
    if (units.base().isTrainable()) {
      units.base().accumulate(gradients);
    } else if (units.adapterOrNull() != null) {
      units.adapterOrNull().accumulate(gradients);
    }
  }
}
