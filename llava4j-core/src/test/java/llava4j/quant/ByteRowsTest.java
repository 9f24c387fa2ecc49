package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;
import static org.assertj.core.data.Percentage.withPercentage;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.BlockMatrix.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The rounding of activations and weights to bytes, and of sums back to fp32: the Vector API's
/// kernels against the plain ones, and both against what rounding means.
class ByteRowsTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 7, 32, 100, 4099})
  void vectorsRoundActivationsAsPlainLoopsDo(int columns) {
    Random random = new Random(columns);
    float[] values = new float[columns];
    for (int i = 0; i < columns; i++) {
      values[i] = (float) (random.nextGaussian() * 3);
    }
    values[columns / 2] = -50;
    Rounded plain = round(values, ByteRows::plain);
    Rounded fast = round(values, ByteRowsVector::round);
    assertThat(fast.bytes()).isEqualTo(plain.bytes());
    assertThat(fast.scale()).isEqualTo(plain.scale()).isEqualTo(50f / 127);
    assertThat(fast.peak()).isCloseTo(plain.peak(), withPercentage(0.01));
    for (int i = 0; i < columns; i++) {
      assertThat(fast.scale() * fast.bytes()[i]).isCloseTo(values[i], offset(0.51f * fast.scale()));
    }
  }

  @Test
  void aPeakIsMeasuredInUnitsOfTheRoot() {
    float[] values = new float[64];
    values[5] = 9;
    assertThat(round(values, ByteRowsVector::round).peak()).isEqualTo(8);
    assertThat(round(new float[64], ByteRowsVector::round))
        .isEqualTo(new Rounded(new byte[64], 0, 0));
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void whatIsNoNumberMakesTheWholeRowNone(float value) {
    float[] values = new float[40];
    values[3] = value;
    values[38] = 1;
    assertThat(round(values, ByteRowsVector::round).scale()).isNaN();
    assertThat(round(values, ByteRows::plain).scale()).isNaN();
  }

  @ParameterizedTest
  @CsvSource({
    "4, 32, false, 768",
    "4, 16, true, 768",
    "4, 64, true, 128",
    "8, 32, false, 768",
    "8, 16, true, 768",
    "4, 32, false, 96",
    "8, 16, false, 48"
  })
  void weightsAreRoundedToTheNearest(int bits, int block, boolean minimums, int columns) {
    Layout layout = new Layout(bits, block, minimums);
    Row row = random(layout, columns);
    float[] values = new float[columns];
    for (int i = 0; i < columns; i++) {
      values[i] = row.value(layout, i);
    }
    MemorySegment plain = MemorySegment.ofArray(new byte[columns]);
    MemorySegment fast = MemorySegment.ofArray(new byte[columns]);
    float scale = BlockNarrower.narrow(random(layout, columns), layout, plain, 0, false);
    boolean vector = BlockWidenerVector.takes(layout, columns);
    assertThat(BlockNarrower.narrow(row, layout, fast, 0, vector)).isEqualTo(scale);
    assertThat(fast.mismatch(plain)).isEqualTo(-1);
    for (int i = 0; i < columns; i++) {
      assertThat(scale * fast.get(ValueLayout.JAVA_BYTE, i))
          .isCloseTo(values[i], offset(0.51f * scale));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 37, 512})
  void sumsAreScaledByRowAndColumn(int count) {
    int[] sums = new int[count];
    float[] scales = new float[count + 3];
    for (int i = 0; i < count; i++) {
      sums[i] = (i % 2 == 0 ? -1 : 1) * (i * 1_000_003 % 100_000_000);
      scales[i + 3] = 1f / (i + 1);
    }
    float[] plain = new float[count];
    float[] fast = new float[count];
    MemorySegment from = MemorySegment.ofArray(sums);
    ByteSums.plain(from, 0, scales, 3, count, 0.3f, MemorySegment.ofArray(plain), 0);
    ByteRowsVector.toFloats(from, 0, scales, 3, count, 0.3f, MemorySegment.ofArray(fast), 0);
    assertThat(fast).isEqualTo(plain);
    assertThat(fast[count - 1]).isCloseTo(0.3f / count * sums[count - 1], withPercentage(0.001));
  }

  private record Rounded(byte[] bytes, float scale, float peak) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Rounded(byte[] otherBytes, float otherScale, float otherPeak)
          && Arrays.equals(bytes, otherBytes)
          && scale == otherScale
          && peak == otherPeak;
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }
  }

  private static Rounded round(float[] values, ByteRows.RowKernel kernel) {
    byte[] bytes = new byte[values.length];
    ByteRows into = new ByteRows(1);
    kernel.round(
        MemorySegment.ofArray(values), 0, values.length, MemorySegment.ofArray(bytes), 0, into, 0);
    return new Rounded(bytes, into.scales()[0], into.peaks()[0]);
  }

  private static Row random(Layout layout, int columns) {
    Random random = new Random(7);
    Row row = new Row(layout, columns);
    random.nextBytes(row.packed);
    for (int i = 0; i < row.scales.length; i++) {
      row.scales[i] = (random.nextFloat() - 0.5f) * 0.1f;
    }
    for (int i = 0; i < row.minimums.length; i++) {
      row.minimums[i] = (random.nextFloat() - 0.5f) * 0.1f;
    }
    return row;
  }
}
