package llava4j.train.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// Derivatives of one stretch of the graph.
///
/// @param ofInputs in the order of the inputs
/// @param ofParameters by name; parameters that have no part in the stretch are absent
public record Gradients(List<Tensor> ofInputs, Map<String, Tensor> ofParameters) {

  /// Goes back from outputs to inputs and to parameters.
  ///
  /// @param outputGradients as `outputs`
  /// @param inputs leaves of the graph, all of them used in it
  /// @param parameters leaves of the graph, or tensors that are not recorded at all
  public static Gradients of(
      List<Tensor> outputs,
      List<Tensor> outputGradients,
      List<Tensor> inputs,
      Map<String, Tensor> parameters) {
    List<String> names = new ArrayList<>();
    TensorVector leaves = vector(inputs);
    parameters.forEach((name, parameter) -> {
      if (parameter.requires_grad()) {
        names.add(name);
        leaves.push_back(parameter);
      }
    });
    if (leaves.size() == 0) {
      return new Gradients(List.of(), Map.of());
    }
    TensorVector gradients =
        torch.grad(
            vector(outputs), leaves, vector(outputGradients), new BoolOptional(), false, true);
    List<Tensor> ofInputs = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      ofInputs.add(new Tensor(gradients.get(i)));
    }
    Map<String, Tensor> byName = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      Tensor gradient = gradients.get(inputs.size() + i);
      if (gradient.defined()) {
        byName.put(names.get(i), new Tensor(gradient));
      }
    }
    return new Gradients(ofInputs, byName);
  }

  private static TensorVector vector(List<Tensor> tensors) {
    return new TensorVector(tensors.toArray(Tensor[]::new));
  }
}
