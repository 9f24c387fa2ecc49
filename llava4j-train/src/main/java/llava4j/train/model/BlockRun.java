package llava4j.train.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llava4j.model.DecoderBlock;
import llava4j.model.DecoderBlock.Projected;
import llava4j.model.DecoderPass;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Tensor;

/// The forward pass of one decoder block, recorded as three separate autograd graphs: before
/// attention, attention, after attention. On a CPU, attention needs BLAS on one thread and
/// everything else needs it on all threads, in forward and backward, so the graph is split there.
final class BlockRun {
  private final Map<String, Tensor> parameters;
  private final Tensor input; // leaf of the first graph, [sequences, tokens, dim]
  private final Projected projected;
  private final Projected leaves; // of the second graph
  private final Tensor heads; // [sequences, heads, tokens, headDim]
  private final Tensor headsLeaf; // of the third graph
  private final Tensor inputLeaf; // of the third graph
  private final Tensor output; // [sequences, tokens, dim]

  private BlockRun(
      DecoderBlock block, Map<String, Tensor> parameters, Tensor hidden, DecoderPass pass) {
    this.parameters = parameters;
    this.input = leaf(hidden);
    this.projected = block.project(input, pass);
    this.leaves =
        new Projected(leaf(projected.query()), leaf(projected.key()), leaf(projected.value()));
    NativeRuntime.useOneThreadPool();
    this.heads = block.attention(leaves, pass);
    NativeRuntime.useAllThreadPools();
    this.headsLeaf = leaf(heads);
    this.inputLeaf = leaf(hidden);
    this.output = block.finish(inputLeaf, headsLeaf, pass);
  }

  /// Runs a block forward and records its graphs.
  ///
  /// @param parameters leaves of the graphs, by name
  /// @param hidden [sequences, tokens, dim]
  static BlockRun of(
      DecoderBlock block, Map<String, Tensor> parameters, Tensor hidden, DecoderPass pass) {
    try (GradientMode _ = GradientMode.recorded()) {
      return new BlockRun(block, parameters, hidden, pass);
    }
  }

  /// The block's output, detached from its graph. [sequences, tokens, dim]
  Tensor output() {
    return output.detach();
  }

  /// Runs backward.
  ///
  /// @param gradient gradient of the output, [sequences, tokens, dim]
  /// @return gradients of the input and of the parameters
  Gradients backward(Tensor gradient) {
    try (Scope scope = new Scope()) {
      List<Tensor> ends = List.of(inputLeaf, headsLeaf);
      Gradients afterAttention = Gradients.of(List.of(output), List.of(gradient), ends, parameters);
      NativeRuntime.useOneThreadPool();
      Gradients attention =
          Gradients.of(
              List.of(heads),
              List.of(afterAttention.ofInputs().get(1)),
              List.of(leaves.query(), leaves.key(), leaves.value()),
              Map.of());
      NativeRuntime.useAllThreadPools();
      Gradients beforeAttention =
          Gradients.of(
              List.of(projected.query(), projected.key(), projected.value()),
              attention.ofInputs(),
              List.of(input),
              parameters);
      Tensor ofInput =
          afterAttention
              .ofInputs()
              .getFirst()
              .add(beforeAttention.ofInputs().getFirst()); // as the input
      Map<String, Tensor> ofParameters = new LinkedHashMap<>(afterAttention.ofParameters());
      ofParameters.putAll(beforeAttention.ofParameters());
      ofParameters.values().forEach(scope::keep);
      return new Gradients(List.of(scope.keep(ofInput)), ofParameters);
    }
  }

  private static Tensor leaf(Tensor tensor) {
    return tensor.detach().requires_grad_();
  }
}
