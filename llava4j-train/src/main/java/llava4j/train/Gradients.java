package llava4j.train;

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
/// @param ofInput as the input; null where it was not asked for or does not matter
/// @param ofParameters by name; parameters that do not matter are absent
record Gradients(Tensor ofInput, Map<String, Tensor> ofParameters) {

  /// Goes back from `output` to an input and to parameters.
  ///
  /// @param outputGradient as `output`
  /// @param inputOrNull a leaf of the graph
  /// @param parameters leaves of the graph
  static Gradients of(
      Tensor output, Tensor outputGradient, Tensor inputOrNull, Map<String, Tensor> parameters) {
    List<String> names = new ArrayList<>();
    TensorVector leaves = new TensorVector();
    if (inputOrNull != null) {
      leaves.push_back(inputOrNull);
    }
    parameters.forEach((name, parameter) -> {
      if (parameter.requires_grad()) {
        names.add(name);
        leaves.push_back(parameter);
      }
    });
    Map<String, Tensor> byName = new LinkedHashMap<>();
    if (leaves.size() == 0) {
      return new Gradients(null, byName);
    }
    TensorVector gradients =
        torch.grad(
            new TensorVector(output),
            leaves,
            new TensorVector(outputGradient),
            new BoolOptional(),
            false,
            true);
    int first = inputOrNull == null ? 0 : 1;
    for (int i = 0; i < names.size(); i++) {
      Tensor gradient = gradients.get(first + i);
      if (gradient.defined()) {
        byName.put(names.get(i), new Tensor(gradient));
      }
    }
    Tensor ofInput = first == 1 && gradients.get(0).defined() ? new Tensor(gradients.get(0)) : null;
    return new Gradients(ofInput, byName);
  }
}
