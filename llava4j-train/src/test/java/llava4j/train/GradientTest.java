package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.LongStream;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.batch.Batch;
import llava4j.train.shard.ParameterUnit;
import llava4j.train.shard.UnitLayout;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Compares gradients with central differences of the loss in fp64, for every trainable tensor.
@Tag("slow")
class GradientTest {
  private static final double STEP = 1e-4;
  private static final long SEED = 5;

  /// Tensors that are moved at once, each in a direction of its own: a wrong gradient among them
  /// shows as well, in a quarter of the time.
  private static final int TOGETHER = 4;

  /// Projector, image_newline, language model and vision tower, for an image in tiles.
  @Test
  void ofEveryTensorOfAWholeModelAgreesWithFiniteDifferences() {
    try (TinyRun run =
        new TinyRun(
            "tinyFinetune",
            "precision=FP64",
            "pictures=HD",
            "trainVisionTower=true",
            "maxLength=512",
            "order=SEQUENTIAL",
            "globalBatch=1",
            "deviceBatch=1")) {
      int checked = check(run);
      // tower: blocks of 16 that are run and some tensors around them; connector 4, newline, table,
      // blocks of 9, norm, head
      assertThat(checked)
          .isGreaterThan(4 + 1 + 1 + textBlocks(run) * 9 + 2 + towerBlocks(run) * 16);
    }
  }

  @Test
  void ofEveryAdapterAgreesWithFiniteDifferences() {
    try (TinyRun run =
        new TinyRun(
            "tinyLora", "precision=FP64", "maxLength=512", "globalBatch=2", "deviceBatch=2")) {
      assertThat(check(run)).isEqualTo(4 + textBlocks(run) * 7 * 2);
    }
  }

  private static int textBlocks(TinyRun run) {
    return run.base().config().text().numLayers();
  }

  static int towerBlocks(TinyRun run) {
    return run.base().config().vision().layersToRun();
  }

  /// @return number of tensors with a non-zero gradient; all of them agree with the differences
  static int check(TinyRun run) {
    List<Batch> batches = run.firstStep();
    Map<String, Double> slopes = new LinkedHashMap<>();
    try (Scope _ = new Scope();
        Assembly assembly = run.assemble(GradientTest::off0, Optional.empty())) {
      loss(batches, assembly);
      for (ParameterUnit unit : assembly.units().trainable()) {
        for (UnitLayout.Slot slot : unit.layout().slots()) {
          Tensor gradient = unit.ownGradient().narrow(0, slot.offset(), slot.elements()); // [n]
          slopes.put(
              slot.name(),
              gradient.mul(direction(slot.name(), slot.shape()).flatten()).sum().item_double());
        }
      }
    }
    List<String> names = List.copyOf(slopes.keySet());
    for (int from = 0; from < names.size(); from += TOGETHER) {
      List<String> moved = names.subList(from, Math.min(names.size(), from + TOGETHER));
      double slope = moved.stream().mapToDouble(slopes::get).sum();
      double size = moved.stream().mapToDouble(name -> Math.abs(slopes.get(name))).sum();
      double expected =
          (lossAlong(run, batches, moved, STEP) - lossAlong(run, batches, moved, -STEP))
              / (2 * STEP);
      assertThat(Math.abs(slope - expected))
          .as(String.format(Locale.ROOT, "%s: %.10f, by differences %.10f", moved, slope, expected))
          .isLessThan(1e-7 + 1e-5 * size);
    }
    return (int) slopes.values().stream().filter(slope -> Math.abs(slope) > 1e-7).count();
  }

  private static double lossAlong(
      TinyRun run, List<Batch> batches, List<String> moved, double step) {
    try (Scope _ = new Scope();
        Assembly assembly =
            run.assemble(
                initial -> {
                  Function<String, Tensor> start = off0(initial);
                  return asked -> {
                    Tensor value = start.apply(asked);
                    return moved.contains(asked)
                        ? value
                            .to(torch.ScalarType.Double)
                            .add(direction(asked, shape(value)).mul(new Scalar(step)))
                        : value;
                  };
                },
                Optional.empty())) {
      return loss(batches, assembly);
    }
  }

  /// LoRA's B is initialised with 0, so A would have no gradient; the check uses other values.
  private static Function<String, Tensor> off0(Function<String, Tensor> initial) {
    return name ->
        name.endsWith(".lora_B.weight")
            ? direction(name + "/start", shape(initial.apply(name)))
            : initial.apply(name);
  }

  private static double loss(List<Batch> batches, Assembly assembly) {
    return batches.stream()
        .mapToDouble(batch ->
            assembly.objective().forwardBackward(assembly.objective().plan(batch), 1, SEED))
        .sum();
  }

  /// A random unit vector in the space of a parameter.
  private static Tensor direction(String name, List<Long> shape) {
    long[] dims = shape.stream().mapToLong(Long::longValue).toArray();
    Tensor any =
        torch.randn(
            dims,
            new GeneratorOptional(torch.make_generator_cpu(name.hashCode())),
            Tensors.options(DType.F64)); // [dims]
    return any.div(any.norm());
  }

  private static List<Long> shape(Tensor tensor) {
    return LongStream.of(Tensors.shape(tensor)).boxed().toList();
  }
}
