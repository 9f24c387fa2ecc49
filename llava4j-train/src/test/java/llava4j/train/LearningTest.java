package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import llava4j.quant.Nf4Matrix;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.batch.Batch;
import llava4j.train.model.Objective;
import llava4j.train.shard.ParameterUnit;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Training reduces the loss, and different ways to compute the same step agree.
@Tag("slow")
class LearningTest {
  private static final String[] SMALL = {"maxLength=512", "globalBatch=4", "deviceBatch=4"};

  @TempDir Path folder;

  @Test
  void oneBatchIsLearnedByHeart() {
    try (TinyRun run = run("tinyFinetune", "learningRate=1e-3", "schedule=CONSTANT");
        Assembly assembly = run.assemble()) {
      List<Batch> batch = run.firstStep();
      double first = assembly.learner().step(0, batch, false).loss();
      double loss = first;
      int step = 1;
      while (loss >= 0.01 && step < 150) {
        loss = assembly.learner().step(step++, batch, false).loss();
      }
      assertThat(first).isGreaterThan(3);
      assertThat(loss).as("after " + step + " steps").isLessThan(0.01);
    }
  }

  /// Adam's first update changes a weight by the learning rate.
  @Test
  void theTowerMayLearnAtARateOfItsOwn() {
    String[] rates = {
      "trainVisionTower=true",
      "schedule=CONSTANT",
      "learningRate=1e-3",
      "projectorLearningRate=1e-4",
      "visionTowerLearningRate=1e-5"
    };
    try (TinyRun run = run("tinyFinetune", rates);
        Assembly assembly = run.assemble()) {
      Map<String, float[]> before = weights(assembly);
      assembly.learner().step(0, run.firstStep(), false);
      Map<String, Float> moved = new LinkedHashMap<>();
      weights(assembly).forEach((unit, after) -> moved.put(unit, largest(before.get(unit), after)));
      assertThat(moved.get("vision_tower")).isCloseTo(1e-5f, within(1e-6f));
      assertThat(moved.get("projector")).isCloseTo(1e-4f, within(1e-5f));
      assertThat(moved.get("embedding")).isCloseTo(1e-3f, within(1e-4f));
    }
  }

  private static Map<String, float[]> weights(Assembly assembly) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    try (Scope _ = new Scope()) {
      for (ParameterUnit unit : assembly.units().trainable()) {
        try (ParameterUnit.Gathered gathered = unit.gather().await()) {
          Tensor first = gathered.parameters().values().iterator().next();
          weights.put(unit.layout().name(), Tensors.toFloats(first.detach().flatten()));
        }
      }
    }
    return weights;
  }

  private static float largest(float[] before, float[] after) {
    float largest = 0;
    for (int i = 0; i < before.length; i++) {
      largest = Math.max(largest, Math.abs(after[i] - before[i]));
    }
    return largest;
  }

  @Test
  void keptActivationsGiveTheSameGradientsAsRecomputedOnes() {
    Measured recomputed = measure("tinyLora", "activation=RECOMPUTE");
    Measured kept = measure("tinyLora", "activation=KEEP");
    assertThat(kept.loss()).isEqualTo(recomputed.loss());
    kept.requireClose(recomputed, 0); // dropout included
  }

  @Test
  void chunksOfTheLossAddUpToTheWhole() {
    Measured whole = measure("tinyFinetune", "lossRows=4096");
    Measured chunks = measure("tinyFinetune", "lossRows=7");
    assertThat(chunks.loss()).isCloseTo(whole.loss(), within(1e-5 * whole.loss()));
    chunks.requireClose(whole, 1e-4);
  }

  @Test
  void packedSamplesDoNotSeeEachOther() {
    Measured apart = measure("tinyFinetune", "packing=false");
    Measured packed = measure("tinyFinetune", "packing=true");
    assertThat(packed.sequences()).isLessThan(apart.sequences());
    assertThat(packed.loss()).isCloseTo(apart.loss(), within(1e-5 * apart.loss()));
    packed.requireClose(apart, 1e-4);
  }

  @Test
  void halfPrecisionComesNear() {
    Measured exact = measure("tinyFinetune", "precision=FP32");
    Measured half = measure("tinyFinetune", "precision=BF16");
    assertThat(half.loss()).isNotEqualTo(exact.loss());
    assertThat(half.loss()).isCloseTo(exact.loss(), within(5e-3 * exact.loss()));
    half.requireClose(exact, 0.05);
  }

  /// QLoRA on a base model equals LoRA on the dequantised base model.
  @Test
  void quantizedBaseCountsAsItsDequantizedWeights() {
    Measured whole = measure("tinyLora");
    Measured quantized = measure("tinyLora", "quantizeBase=true");
    try (TinyRun run = run("tinyLora");
        Scope _ = new Scope();
        Assembly assembly =
            run.assemble(
                initial ->
                    name -> {
                      Tensor value = initial.apply(name);
                      return isMatrixOfBlock(name) ? fourBits(value) : value;
                    },
                Optional.empty())) {
      Measured stoodFor = Measured.of(assembly, run.firstStep());
      assertThat(quantized.loss()).isCloseTo(stoodFor.loss(), within(1e-5 * stoodFor.loss()));
      quantized.requireClose(stoodFor, 1e-4);
      assertThat(Math.abs(quantized.loss() - whole.loss())).isGreaterThan(1e-3);
    }
  }

  @Test
  void cachedFeaturesAreThoseOfTheTower() throws IOException {
    Measured without = measure("tinyPretrain");
    Measured written = measureCached();
    List<Path> files = cacheFiles();
    assertThat(files).isNotEmpty();
    Measured read = measureCached();
    assertThat(read.loss()).isEqualTo(written.loss());
    read.requireClose(written, 0);
    written.requireClose(without, 1e-4);
    byte[] bytes = Files.readAllBytes(files.getFirst());
    bytes[bytes.length / 2] ^= 0x40;
    Files.write(files.getFirst(), bytes);
    Measured repaired = measureCached();
    assertThat(repaired.loss()).isEqualTo(written.loss());
  }

  @Test
  void featuresComeFromTheCacheAndNotFromTheTower() throws IOException {
    Measured written = measureCached();
    List<Path> files = cacheFiles();
    // a file with another image's features, whole in itself, must show in the loss
    Files.copy(files.getFirst(), files.getLast(), StandardCopyOption.REPLACE_EXISTING);
    assertThat(measureCached().loss()).isNotEqualTo(written.loss());
  }

  private List<Path> cacheFiles() {
    try (Stream<Path> all = Files.walk(folder.resolve("cache"))) {
      return all.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Measured measureCached() {
    try (TinyRun run = run("tinyPretrain");
        Assembly assembly =
            run.assemble(UnaryOperator.identity(), Optional.of(folder.resolve("cache")))) {
      return Measured.of(assembly, run.firstStep());
    }
  }

  private static boolean isMatrixOfBlock(String name) {
    return name.startsWith("language_model.layers.")
        && name.endsWith("_proj.weight")
        && !name.contains(".lora_");
  }

  private static Tensor fourBits(Tensor value) {
    try (Nf4Matrix matrix = new Nf4Matrix(value, new Device.Cpu())) {
      return matrix.dequantize(DType.F32);
    }
  }

  private static TinyRun run(String preset, String... overrides) {
    return new TinyRun(
        preset, Stream.of(SMALL, overrides).flatMap(Stream::of).toArray(String[]::new));
  }

  private static Measured measure(String preset, String... overrides) {
    try (TinyRun run = run(preset, overrides);
        Assembly assembly = run.assemble()) {
      return Measured.of(assembly, run.firstStep());
    }
  }

  /// Loss and gradients of one step.
  private record Measured(double loss, int sequences, Map<String, float[]> gradients) {
    static Measured of(Assembly assembly, List<Batch> batches) {
      double loss = 0;
      int sequences = 0;
      for (Batch batch : batches) {
        Objective.Planned planned = assembly.objective().plan(batch);
        sequences += planned.plan().sequences();
        loss += assembly.objective().forwardBackward(planned, 1, 7);
      }
      Map<String, float[]> gradients = new LinkedHashMap<>();
      try (Scope _ = new Scope()) {
        for (ParameterUnit unit : assembly.units().trainable()) {
          gradients.put(unit.layout().name(), Tensors.toFloats(unit.ownGradient()));
        }
      }
      return new Measured(loss, sequences, gradients);
    }

    void requireClose(Measured other, double tolerance) {
      assertThat(gradients.keySet()).isEqualTo(other.gradients.keySet());
      List<String> off = new ArrayList<>();
      gradients.forEach((unit, own) -> {
        float[] others = other.gradients.get(unit);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < own.length; i++) {
          difference += Math.pow((double) own[i] - others[i], 2);
          norm += Math.pow(others[i], 2);
        }
        if (!(Math.sqrt(difference) <= tolerance * Math.sqrt(norm))) {
          off.add(unit + " by " + Math.sqrt(difference / norm));
        }
      });
      assertThat(off).isEmpty();
    }
  }
}
