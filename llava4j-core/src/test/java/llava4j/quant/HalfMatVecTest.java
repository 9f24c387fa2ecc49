package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import llava4j.tensor.DType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HalfMatVecTest {
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F16", "BF16"})
  void theFastKernelAgreesWithThePlainOneAtAwkwardSizes(DType type) {
    assertThat(VectorSupport.isAvailable()).as("tests run with the Vector API").isTrue();
    SplittableRandom random = new SplittableRandom(3);
    for (int inDim : new int[] {1, 2, 3, 15, 16, 31, 32, 33, 63, 64, 100, 257, 4099}) {
      for (int outDim : new int[] {1, 2, 7, 64, 129}) {
        check(type, inDim, outDim, random);
      }
    }
  }

  private static void check(DType type, int inDim, int outDim, SplittableRandom random) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment weight = arena.allocate(2L * inDim * outDim, 2);
      MemorySegment input = arena.allocate(4L * inDim, 4);
      MemorySegment fast = arena.allocate(4L * outDim, 4);
      MemorySegment plain = arena.allocate(4L * outDim, 4);
      for (long i = 0; i < (long) inDim * outDim; i++) {
        float value =
            (float) random.nextGaussian()
                * (i % 11 == 0 ? 1e-6f : 0.1f); // subnormal in fp16 as well
        short bits =
            type == DType.F16
                ? Float.floatToFloat16(value)
                : (short) (Float.floatToRawIntBits(value) >>> 16);
        weight.setAtIndex(HalfMatVec.HALF, i, bits);
      }
      double norm = 0;
      for (int i = 0; i < inDim; i++) {
        float value = (float) random.nextGaussian();
        input.setAtIndex(HalfMatVec.FLOAT, i, value);
        norm += Math.abs(value) * 0.1;
      }
      for (int rows = 1; rows <= 9; rows += 2) {
        severalRows(type, inDim, outDim, rows, weight, random, arena);
      }
      HalfMatVec.multiply(HalfMatVec.vectorKernel(type), 3, weight, outDim, inDim, input, fast);
      HalfMatVec.multiply(HalfMatVec.plainKernel(type), 1, weight, outDim, inDim, input, plain);
      for (int row = 0; row < outDim; row++) {
        float expected = plain.getAtIndex(HalfMatVec.FLOAT, row);
        float found = fast.getAtIndex(HalfMatVec.FLOAT, row);
        assertThat(Math.abs(expected - found))
            .as(type + " [" + outDim + ", " + inDim + "] row " + row)
            .isLessThanOrEqualTo((float) (2e-6 * norm + 1e-9));
      }
    }
  }

  /// Each row alone by the plain kernel, against all of them by the fast one.
  private static void severalRows(
      DType type,
      int inDim,
      int outDim,
      int rows,
      MemorySegment weight,
      SplittableRandom random,
      Arena arena) {
    MemorySegment input = arena.allocate(4L * rows * inDim, 4);
    for (int i = 0; i < rows * inDim; i++) {
      input.setAtIndex(HalfMatVec.FLOAT, i, (float) random.nextGaussian());
    }
    MemorySegment fast = arena.allocate(4L * rows * outDim, 4);
    MemorySegment plain = arena.allocate(4L * rows * outDim, 4);
    HalfMatMul.Rows values = new HalfMatMul.Rows(input, rows, inDim, outDim);
    int half = outDim / 2;
    HalfMatMul.Kernel kernel = HalfMatMul.vectorKernel(type, values);
    kernel.multiply(weight, values, fast, 0, half);
    kernel.multiply(weight, values, fast, half, outDim);
    HalfMatMul.plainKernel(type).multiply(weight, values, plain, 0, outDim);
    for (int i = 0; i < rows * outDim; i++) {
      float expected = plain.getAtIndex(HalfMatVec.FLOAT, i);
      assertThat(fast.getAtIndex(HalfMatVec.FLOAT, i))
          .as(type + " [" + outDim + ", " + inDim + "] value " + i + " of " + rows + " rows")
          .isCloseTo(expected, offset(1e-5f * inDim + 1e-9f));
    }
  }
}
