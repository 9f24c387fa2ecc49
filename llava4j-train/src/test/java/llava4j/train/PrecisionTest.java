package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import llava4j.checkpoint.Checkpoint;
import llava4j.tensor.Tensors;
import llava4j.train.batch.Batch;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainConfig.Precision;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.distributed.SingleProcess;
import llava4j.train.shard.ParameterUnit;
import llava4j.train.shard.ZeroStage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every precision with every ZeRO stage and every kind of training gives the same losses and
/// gradients as plain fp32.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrecisionTest {
  private static final int STEPS = 3;

  /// Tolerance for fp32: sums are computed in a different order.
  private static final double FP32_TOLERANCE = 1e-5;

  /// Tolerance for losses in bf16: the relative rounding error of one number, 2^-9.
  private static final double BF16_LOSS_TOLERANCE = 2e-3;

  /// Tolerance for the relative error of a unit's gradient in bf16: some rounding errors of 2^-9 in
  /// each block that it passed.
  private static final double BF16_GRADIENT_TOLERANCE = 5e-2;

  @TempDir private Path folder;

  private final Map<Kind, Outcome> plain = new LinkedHashMap<>();
  private MiniatureBase base;

  /// The results of a few steps.
  ///
  /// @param gradients of each step, by unit
  private record Outcome(List<Double> losses, List<Map<String, float[]>> gradients) {}

  @BeforeAll
  void writeBase(@TempDir Path written) {
    base = MiniatureBase.write(written, false);
  }

  /// Kinds of training: a preset and an override.
  enum Kind {
    FULL("tinyFinetune", "trainVisionTower=false"),
    ADAPTER("tinyLora", "lora.dropout=0"), // another type draws other masks
    CONNECTOR("tinyPretrain", "trainVisionTower=false"),
    VISION_TOWER("tinyFinetune", "trainVisionTower=true"),
    PACKED("tinyFinetune", "packing=true"),
    HIGH_DEFINITION("finetuneHd7b", "trainVisionTower=false"); // with an image newline

    private final String preset;
    private final String override;

    Kind(String preset, String override) {
      this.preset = preset;
      this.override = override;
    }
  }

  static Stream<Arguments> all() {
    Stream<Arguments> everything =
        Stream.of(Kind.FULL, Kind.ADAPTER, Kind.CONNECTOR)
            .flatMap(kind ->
                Stream.of(Precision.FP32, Precision.BF16)
                    .flatMap(precision ->
                        Stream.of(ZeroStage.values())
                            .map(zero -> Arguments.of(kind, precision, zero))));
    Stream<Arguments> others =
        Stream.of(Kind.VISION_TOWER, Kind.PACKED, Kind.HIGH_DEFINITION)
            .flatMap(kind ->
                Stream.of(ZeroStage.NONE, ZeroStage.PARAMETERS)
                    .map(zero -> Arguments.of(kind, Precision.BF16, zero)));
    return Stream.concat(everything, others);
  }

  @ParameterizedTest
  @MethodSource("all")
  void agreesWithPlainFp32(Kind kind, Precision precision, ZeroStage zero) {
    Outcome expected = plain.computeIfAbsent(kind, key -> run(key, Precision.FP32, ZeroStage.NONE));
    Outcome found = run(kind, precision, zero);
    boolean exact = precision == Precision.FP32;
    for (int step = 0; step < STEPS; step++) {
      assertThat(Math.abs(found.losses().get(step) / expected.losses().get(step) - 1))
          .as("loss of step " + step)
          .isLessThanOrEqualTo(exact ? FP32_TOLERANCE : BF16_LOSS_TOLERANCE);
      Map<String, float[]> gradients = found.gradients().get(step);
      assertThat(gradients).hasSameSizeAs(expected.gradients().get(step)).isNotEmpty();
      int number = step;
      expected
          .gradients()
          .get(step)
          .forEach((unit, gradient) -> {
            double error = distance(gradients.get(unit), gradient);
            assertThat(error)
                .as("gradient of " + unit + " in step " + number)
                .isLessThanOrEqualTo(exact ? FP32_TOLERANCE : BF16_GRADIENT_TOLERANCE);
          });
    }
  }

  @AfterAll
  void everyKindOfLearningHadAPlainRun() {
    assertThat(plain).hasSize(Kind.values().length);
  }

  private Outcome run(Kind kind, Precision precision, ZeroStage zero) {
    List<String> overrides =
        new ArrayList<>(
            List.of(
                "maxLength=160",
                "globalBatch=4",
                "deviceBatch=2",
                "warmupRatio=0",
                "learningRate=0.03",
                "projectorLearningRate=0.03",
                "epsilon=1", // a small one divides noise by itself, and it counts in full
                "precision=" + precision,
                "zero=" + zero));
    overrides.add(kind.override);
    TrainConfig config = new ConfigFile().with(Presets.named(kind.preset), overrides);
    ProcessGroup alone = new SingleProcess();
    try (Checkpoint checkpoint = base.open(config)) {
      TrainJob job = MiniatureBase.job(config, checkpoint, folder.resolve("unused"), alone);
      try (DryRun.Input input = new DryRun.Input(job);
          Assembly assembly = Assembly.of(job, STEPS)) {
        List<Batch> batches = List.of(input.next(), input.next());
        List<Double> losses = new ArrayList<>();
        List<Map<String, float[]>> gradients = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
          losses.add(assembly.learner().step(step, batches, false).loss());
          gradients.add(gradients(assembly));
        }
        return new Outcome(losses, gradients);
      }
    }
  }

  private static Map<String, float[]> gradients(Assembly assembly) {
    Map<String, float[]> gradients = new LinkedHashMap<>();
    for (ParameterUnit unit : assembly.units().trainable()) {
      gradients.put(unit.layout().name(), Tensors.toFloats(unit.ownGradient()));
    }
    return gradients;
  }

  /// Relative error: norm of the difference divided by the norm of the expected value.
  private static double distance(float[] found, float[] expected) {
    double difference = 0;
    double length = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(found[i] - expected[i], 2);
      length += Math.pow(expected[i], 2);
    }
    assertThat(found).hasSameSizeAs(expected);
    assertThat(length).isPositive();
    return Math.sqrt(difference / length);
  }
}
