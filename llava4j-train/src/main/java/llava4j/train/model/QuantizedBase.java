package llava4j.train.model;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.config.LlavaConfig;
import llava4j.model.linear.Linear;
import llava4j.quant.Nf4Matrix;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Tensor;

/// QLoRA's frozen base: the decoder blocks' matrices in 4 bits. Every process has all of them.
public final class QuantizedBase implements AutoCloseable {
  private static final String WEIGHT = ".weight";

  private final Map<String, Nf4Matrix> matrices = new LinkedHashMap<>(); // by prefix

  /// Nothing in 4 bits.
  public QuantizedBase() {}

  /// @param initial gives every parameter under our names
  public QuantizedBase(LlavaConfig config, Device device, Function<String, Tensor> initial) {
    ParameterTable.of(config)
        .shapes()
        .forEach((name, shape) -> {
          if (name.startsWith("language_model.layers.") && shape.size() == 2) {
            try (Scope _ = new Scope()) {
              String prefix = name.substring(0, name.length() - WEIGHT.length());
              matrices.put(prefix, new Nf4Matrix(initial.apply(name), device));
            }
          }
        });
  }

  /// The linear layers, by prefix. They have no biases: LLaMA's have none.
  public Map<String, Linear> layers() {
    Map<String, Linear> layers = new LinkedHashMap<>();
    matrices.forEach((prefix, matrix) -> layers.put(prefix, new Linear.Nf4(matrix, null)));
    return layers;
  }

  /// How many numbers the matrices have.
  public long parameters() {
    return matrices.values().stream().mapToLong(matrix -> matrix.rows() * matrix.columns()).sum();
  }

  /// What they take in memory.
  public long bytes() {
    return matrices.values().stream().mapToLong(Nf4Matrix::bytes).sum();
  }

  @Override
  public void close() {
    matrices.values().forEach(Nf4Matrix::close);
    matrices.clear();
  }
}
