package llava4j.model;

import java.util.List;
import java.util.stream.IntStream;
import llava4j.config.ProjectorConfig;
import llava4j.model.linear.Linear;
import llava4j.model.linear.Parameters;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The projector: linear layers with exact (erf) GELU between them; without layers, it is the
/// identity.
public final class Projector {
  private final List<Linear> linears;

  /// Gets its weights from `parameters`, which owns them.
  public Projector(ProjectorConfig config, long rows, Parameters parameters) {
    // Numbered as in PyTorch's sequential container, where the GELUs have the odd places.
    this.linears =
        IntStream.range(0, config.numLinears())
            .mapToObj(i -> parameters.denseLinear("projector." + 2 * i, rows))
            .toList();
  }

  /// Maps hidden states of the vision tower to image embeddings.
  ///
  /// @param patches [views, rows, visionDim]
  /// @return [views, rows, textDim]
  public Tensor forward(Tensor patches) {
    try (Scope scope = new Scope()) {
      Tensor rows = patches; // [views, rows, visionDim]
      for (int i = 0; i < linears.size(); i++) {
        rows = linears.get(i).forward(i == 0 ? rows : torch.gelu(rows)); // [views, rows, textDim]
      }
      return scope.keep(rows); // [views, rows, textDim]
    }
  }
}
