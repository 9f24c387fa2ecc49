package llava4j.train.model;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32C;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Random tensors that depend only on seed and name, so they are the same on all processes.
public record SeededTensors(long seed) {

  /// Uniformly distributed between `-bound` and `bound`, fp32.
  Tensor uniform(String name, List<Long> shape, double bound) {
    try (Scope scope = new Scope()) {
      Tensor unit = torch.rand(dims(shape), generator(name), Tensors.options(DType.F32)); // [shape]
      return scope.keep(unit.mul_(new Scalar(2 * bound)).sub_(new Scalar(bound)));
    }
  }

  /// Normally distributed with mean 0, fp32.
  public Tensor normal(String name, List<Long> shape, double deviation) {
    try (Scope scope = new Scope()) {
      Tensor unit =
          torch.randn(dims(shape), generator(name), Tensors.options(DType.F32)); // [shape]
      return scope.keep(unit.mul_(new Scalar(deviation)));
    }
  }

  /// Filled with one value, fp32.
  public Tensor constant(List<Long> shape, double value) {
    return torch.full(dims(shape), new Scalar(value), Tensors.options(DType.F32));
  }

  private GeneratorOptional generator(String name) {
    CRC32C hash = new CRC32C();
    hash.update(name.getBytes(StandardCharsets.UTF_8));
    Generator generator = torch.make_generator_cpu(seed * 1_000_003 + hash.getValue());
    return new GeneratorOptional(generator);
  }

  private static long[] dims(List<Long> shape) {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
