package llava4j.model.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.golden.Golden;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SmallModelTest {
  @ParameterizedTest
  @CsvSource({
    "gguf/model-f16.gguf, FP32",
    "hf_gqa, FP32",
    // quantised matrices are kept as they are
    "gguf/model-q4_0.gguf, AUTO"
  })
  void smallModelsAreWidenedUnlessTheyAreQuantised(String model, WeightFormat expected) {
    try (Checkpoint checkpoint =
        new CheckpointOpener(CheckpointOptions.none()).open(Golden.path(model).toString())) {
      assertThat(
              SmallModel.format(checkpoint.inferenceWeights(), new Device.Cpu(), WeightFormat.AUTO))
          .isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
  void anExplicitFormatIsKept(WeightFormat format) {
    assertThat(SmallModel.format(new Matrix(8), new Device.Cpu(), format)).isEqualTo(format);
  }

  @Test
  void a16BitMatrixOf32MebibytesIsTheLargest() {
    assertThat(SmallModel.format(new Matrix(4096), new Device.Cpu(), WeightFormat.AUTO))
        .isEqualTo(WeightFormat.FP32);
    assertThat(SmallModel.format(new Matrix(4097), new Device.Cpu(), WeightFormat.AUTO))
        .isEqualTo(WeightFormat.AUTO);
  }

  @Test
  void aGpuKeepsItsOwnType() {
    assertThat(SmallModel.format(new Matrix(8), new Device.Cuda(0), WeightFormat.AUTO))
        .isEqualTo(WeightFormat.AUTO);
  }

  /// One output head with 4096 columns.
  private record Matrix(long rows) implements WeightSource {
    @Override
    public SequencedMap<String, TensorInfo> tensors() {
      String head = "lm_head.weight";
      List<Long> shape = List.of(rows, 4096L);
      TensorInfo info =
          new TensorInfo(head, DType.F16, "F16", shape, rows * 4096 * 2, Path.of("none"));
      return new LinkedHashMap<>(Map.of(head, info));
    }

    @Override
    public Tensor load(String name) {
      throw new AssertionError("nothing is read");
    }

    @Override
    public void close() {}
  }
}
