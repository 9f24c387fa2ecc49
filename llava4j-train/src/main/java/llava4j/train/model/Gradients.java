package llava4j.train.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// Gradients of one part of the autograd graph.
///
/// @param ofInputs gradients of the inputs, in their order
/// @param ofParameters gradients by parameter name; parameters that the graph does not use are
///   absent
public record Gradients(List<Tensor> ofInputs, Map<String, Tensor> ofParameters) {

  /// Computes gradients of inputs and parameters from those of the outputs. Frees the graph.
  ///
  /// @param outputGradients gradient of each output, with its shape
  /// @param inputs leaves of the graph, all of which it uses
  /// @param parameters by name: leaves of the graph; those without `requires_grad` are skipped
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
