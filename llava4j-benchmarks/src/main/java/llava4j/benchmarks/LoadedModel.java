package llava4j.benchmarks;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import llava4j.checkpoint.safetensors.SafetensorsFile;
import llava4j.config.LlavaConfig;
import llava4j.model.LlavaModel;
import llava4j.model.cache.KvCache;
import llava4j.model.load.LoadProgress;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The main class of the JVM in which [LoadBenchmark] loads a model: prints one line of [Figures].
final class LoadedModel {
  private LoadedModel() {}

  /// Half a billion numbers.
  static LlavaConfig config() {
    return Workloads.halfBillion();
  }

  /// The measured values.
  ///
  /// @param baselineBytes resident memory before loading, after libtorch has started
  /// @param peakBytes peak resident memory while loading
  /// @param peakUsedBytes peak resident memory up to the first token
  /// @param weightBytes the language model's weights in memory, without the small rest
  record Figures(
      long baselineBytes, long peakBytes, long peakUsedBytes, long weightBytes, long milliseconds) {

    static Figures parse(String line) {
      long[] numbers = Arrays.stream(line.split(" ")).mapToLong(Long::parseLong).toArray();
      return new Figures(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
    }

    String line() {
      return Arrays.stream(
              new long[] {baselineBytes, peakBytes, peakUsedBytes, weightBytes, milliseconds})
          .mapToObj(Long::toString)
          .collect(Collectors.joining(" "));
    }
  }

  /// Arguments: the safetensors file, the weight format.
  public static void main(String[] arguments) {
    NativeRuntime.prepareForInference();
    System.out.println(measure(Path.of(arguments[0]), WeightFormat.parse(arguments[1])).line());
  }

  private static Figures measure(Path path, WeightFormat format) {
    startLibtorch();
    long baseline = ResidentMemory.now();
    ResidentMemory.resetPeak();
    long start = System.nanoTime();
    LlavaConfig config = config();
    SafetensorsFile file = SafetensorsFile.open(path);
    long weights =
        file.tensors().values().stream()
            .mapToLong(
                info -> info.bytes() / info.dtype().bytes() * format.typeFor(info.dtype()).bytes())
            .sum();
    try (LlavaModel model =
        LlavaModel.load(config, file, "benchmark", new Device.Cpu(), format, LoadProgress.NONE)) {
      long milliseconds = (System.nanoTime() - start) / 1_000_000;
      long peak = ResidentMemory.peak();
      try (Scope _ = new Scope();
          KvCache cache = model.languageModel().newCache()) {
        Tensor row = model.languageModel().embed(new int[] {1}).unsqueeze(0); // [1, 1, dim]
        float[] logits = Tensors.toFloats(model.forward(row, cache));
        if (!Float.isFinite(logits[0])) {
          throw new Benchmark.WrongAnswerException("wrong answer: a logit is " + logits[0]);
        }
      }
      return new Figures(baseline, peak, ResidentMemory.peak(), weights, milliseconds);
    }
  }

  /// Loads native libraries and starts thread pools before the measurement.
  private static void startLibtorch() {
    try (Scope _ = new Scope()) {
      Tensor square = torch.ones(new long[] {512, 512}, Tensors.options(DType.F32));
      torch.mm(square, square).to(DType.F16.scalarType()).to(DType.F32.scalarType()).sum();
    }
  }
}
