package llava4j.train.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.config.LlavaConfig;
import llava4j.model.linear.Linear;
import llava4j.quant.Nf4Matrix;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Tensor;

/// QLoRA's frozen base model: the matrices of the decoder blocks in 4 bits (NF4). They are not
/// sharded: every process holds all of them.
public final class QuantizedBase implements AutoCloseable {
  private static final String WEIGHT = ".weight";

  private final Map<String, Nf4Matrix> matrices = new LinkedHashMap<>(); // by prefix

  /// Creates an object without 4-bit matrices.
  public QuantizedBase() {}

  /// @param initial returns the value of every parameter by this library's names
  public QuantizedBase(LlavaConfig config, Device device, Function<String, Tensor> initial) {
    ParameterTable.of(config)
        .shapes()
        .forEach((name, shape) -> {
          if (holds(name, shape)) {
            try (Scope _ = new Scope()) {
              String prefix = name.substring(0, name.length() - WEIGHT.length());
              matrices.put(prefix, new Nf4Matrix(initial.apply(name), device));
            }
          }
        });
  }

  /// Whether a parameter is one of the matrices.
  static boolean holds(String name, List<Long> shape) {
    return name.startsWith("language_model.layers.") && shape.size() == 2;
  }

  /// Memory in bytes of the matrices that a run on this model would have.
  public static long bytesFor(LlavaConfig config) {
    return ParameterTable.of(config).shapes().entrySet().stream()
        .filter(entry -> holds(entry.getKey(), entry.getValue()))
        .mapToLong(entry -> Nf4Matrix.bytes(entry.getValue().get(0) * entry.getValue().get(1)))
        .sum();
  }

  /// The linear layers, by prefix of their names. They have no bias, as in LLaMA.
  public Map<String, Linear> layers() {
    Map<String, Linear> layers = new LinkedHashMap<>();
    matrices.forEach((prefix, matrix) -> layers.put(prefix, new Linear.Nf4(matrix, null)));
    return layers;
  }

  /// Number of parameters in the matrices.
  public long parameters() {
    return matrices.values().stream().mapToLong(matrix -> matrix.rows() * matrix.columns()).sum();
  }

  /// Memory of the matrices in bytes.
  public long bytes() {
    return matrices.values().stream().mapToLong(Nf4Matrix::bytes).sum();
  }

  @Override
  public void close() {
    matrices.values().forEach(Nf4Matrix::close);
    matrices.clear();
  }
}
