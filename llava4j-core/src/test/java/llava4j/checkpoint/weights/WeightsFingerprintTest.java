package llava4j.checkpoint.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import llava4j.tensor.DType;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The hash by which weights are known again.
class WeightsFingerprintTest {
  /// More than one stretch of fp32.
  private static final long ELEMENTS = (5L << 20) + 3;

  private static final double SCALE = 0.001;

  @ParameterizedTest
  @ValueSource(longs = {0, 63, 64, 1000, 4 << 20, (4 << 20) + 1, ELEMENTS - 1})
  void oneValueAnywhereIsAnotherModel(long place) {
    try (Held one = new Held(DType.F32);
        Held same = new Held(DType.F32);
        Held other = new Held(DType.F32)) {
      try (Tensor value = other.values.select(0, place)) {
        value.add_(new Scalar(1));
      }
      String hash = WeightsFingerprint.of(one);
      assertThat(WeightsFingerprint.of(same)).isEqualTo(hash);
      assertThat(WeightsFingerprint.of(other)).isNotEqualTo(hash);
      assertThat(one.released).as("pages let go").isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F16", "BF16", "F64"})
  void rowsThatChangedPlacesAreAnotherModelInEveryType(DType type) {
    try (Held one = new Held(type);
        Held turned = new Held(type)) {
      try (Tensor reversed = turned.values.flip(0)) {
        turned.values.copy_(reversed);
      }
      assertThat(WeightsFingerprint.of(turned)).isNotEqualTo(WeightsFingerprint.of(one));
    }
  }

  /// One tensor in memory, whose first values are small whole numbers.
  private static final class Held implements WeightSource {
    private final Tensor values; // [ELEMENTS]
    private final SequencedMap<String, TensorInfo> infos = new LinkedHashMap<>();
    private int released;

    Held(DType type) {
      try (Tensor numbers = torch.arange(new Scalar(ELEMENTS), Tensors.options(DType.F32))) {
        values = numbers.mul_(new Scalar(SCALE)).to(type.scalarType()).clone();
      }
      infos.put(
          "w",
          new TensorInfo(
              "w", type, type.name(), List.of(ELEMENTS), ELEMENTS * type.bytes(), Path.of("")));
    }

    @Override
    public SequencedMap<String, TensorInfo> tensors() {
      return Collections.unmodifiableSequencedMap(infos);
    }

    @Override
    public Tensor load(String name) {
      return new Tensor(values);
    }

    @Override
    public void release(String name) {
      released++;
    }

    @Override
    public void close() {
      values.close();
    }
  }
}
