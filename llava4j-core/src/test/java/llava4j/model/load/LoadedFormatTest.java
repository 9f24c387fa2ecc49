package llava4j.model.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.tensor.ComputeCapability;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.WeightFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LoadedFormatTest {
  private static final Device.Cuda GPU = new Device.Cuda(1);
  private static final Optional<ComputeCapability> TURING =
      Optional.of(new ComputeCapability(7, 5));

  @Test
  void anOldGpuDecodesQuantisedWeights() {
    LoadedFormat found = LoadedFormat.onGpu(GPU, WeightFormat.AUTO, TURING);
    assertThat(found.format()).isEqualTo(WeightFormat.BF16);
    assertThat(found.note())
        .hasValue(
            "note: weights are decoded to bf16, because products with 4 and 8 bits need compute"
                + " capability 8.0, and cuda:1 has 7.5");
    try (Checkpoint checkpoint =
        new CheckpointOpener(CheckpointOptions.none())
            .open(Golden.path("gguf/model-q4_0.gguf").toString())) {
      WeightSource weights = checkpoint.inferenceWeights();
      assertThat(MatrixPlan.ofAll(weights, GPU, found.format()))
          .isNotEmpty()
          .allMatch(plan -> plan instanceof MatrixPlan.Plain plain && plain.type() == DType.BF16);
      assertThat(MatrixPlan.ofAll(weights, GPU, WeightFormat.AUTO))
          .noneMatch(MatrixPlan.Plain.class::isInstance);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"Q8", "Q4"})
  void whatIsAskedForIsRefusedThere(WeightFormat format) {
    assertThatThrownBy(() -> LoadedFormat.onGpu(GPU, format, TURING))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("cuda:1 has 7.5; use --weights bf16");
  }

  @ParameterizedTest
  @EnumSource(names = {"AUTO", "Q8", "Q4"})
  void everythingStaysOnANewGpuAndOnAnUnknownOne(WeightFormat format) {
    LoadedFormat same = new LoadedFormat(format, Optional.empty());
    assertThat(LoadedFormat.onGpu(GPU, format, Optional.of(new ComputeCapability(8, 0))))
        .isEqualTo(same);
    assertThat(LoadedFormat.onGpu(GPU, format, Optional.empty())).isEqualTo(same);
  }

  @Test
  void aProcessorWidensASmallModel() {
    try (Checkpoint checkpoint =
        new CheckpointOpener(CheckpointOptions.none()).open(Golden.path("hf_gqa").toString())) {
      WeightSource weights = checkpoint.inferenceWeights();
      assertThat(LoadedFormat.of(weights, new Device.Cpu(), WeightFormat.AUTO))
          .isEqualTo(new LoadedFormat(WeightFormat.FP32, Optional.empty()));
      assertThat(LoadedFormat.onDevice(weights, new Device.Cpu(), WeightFormat.AUTO).format())
          .isEqualTo(WeightFormat.AUTO);
      assertThat(LoadedFormat.of(weights, GPU, WeightFormat.AUTO).format())
          .as("nothing is quantised")
          .isEqualTo(WeightFormat.AUTO);
    }
  }
}
