package llava4j.benchmarks;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.LlavaConfig;
import llava4j.image.ImageProcessorConfig;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// A checkpoint without files: all tensors of a configuration, random, in fp32.
///
/// Matrices are normally distributed with deviation 0.02, norm weights are one, biases zero.
/// Generating billions of random numbers takes longer than the measurements, so all matrices are
/// parts of one random pool.
final class RandomWeights implements WeightSource {
  /// Odd, so that rows of a matrix do not repeat.
  private static final long POOL = (1 << 22) + 1;

  private final SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final Map<String, Tensor> shared = new LinkedHashMap<>();
  private final boolean sharing;
  private final Tensor pool; // [POOL]

  private RandomWeights(LlavaConfig config, boolean sharing) {
    this.sharing = sharing;
    ParameterTable.of(config)
        .shapes()
        .forEach((name, shape) -> {
          long bytes = shape.stream().reduce(1L, Math::multiplyExact) * DType.F32.bytes();
          tensors.put(
              name, new TensorInfo(name, DType.F32, "F32", shape, bytes, Path.of("random")));
        });
    try (Scope _ = new Scope()) {
      torch.manual_seed(15);
      this.pool =
          Scope.own(
              torch.randn(new long[] {POOL}, Tensors.options(DType.F32)).mul_(new Scalar(0.02)));
    }
  }

  /// Creates a new tensor at each load.
  static RandomWeights of(LlavaConfig config) {
    return new RandomWeights(config, false);
  }

  /// A checkpoint of such weights whose tokenizer knows letters.
  ///
  /// @param folder that the tokenizer's file is written to
  static Checkpoint checkpoint(LlavaConfig config, TemporaryFolder folder) {
    return new Checkpoint(
        "benchmark",
        folder.path(),
        Checkpoint.Dialect.HUGGING_FACE,
        config,
        ImageProcessorConfig.clip(config.vision().imageSize()),
        of(config),
        () -> LetterTokenizer.create(folder.path()),
        Set.of(),
        true);
  }

  /// Keeps the tensors: an fp32 model and the bare matrix products read the same memory.
  static RandomWeights shared(LlavaConfig config) {
    return new RandomWeights(config, true);
  }

  @Override
  public SequencedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSequencedMap(tensors);
  }

  @Override
  public Tensor load(String name) {
    if (!sharing) {
      return make(tensors.get(name));
    }
    return shared.computeIfAbsent(name, _ -> Scope.own(make(tensors.get(name)))).alias();
  }

  /// Bytes of all fp32 tensors.
  long bytes() {
    return tensors.values().stream().mapToLong(TensorInfo::bytes).sum();
  }

  @Override
  public void close() {
    shared.values().forEach(Tensor::close);
    shared.clear();
    pool.close();
  }

  private Tensor make(TensorInfo info) {
    long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
    try (Scope scope = new Scope()) {
      if (info.name().endsWith(".bias")) {
        return scope.keep(torch.zeros(shape, Tensors.options(DType.F32)));
      }
      if (shape.length == 1 && info.name().endsWith(".weight")) {
        return scope.keep(torch.ones(shape, Tensors.options(DType.F32)));
      }
      Tensor made = torch.empty(shape, Tensors.options(DType.F32), new MemoryFormatOptional());
      Tensor flat = made.view(-1);
      for (long start = 0; start < flat.size(0); start += POOL) {
        long length = Math.min(POOL, flat.size(0) - start);
        flat.narrow(0, start, length).copy_(pool.narrow(0, 0, length));
      }
      return scope.keep(made);
    }
  }
}
