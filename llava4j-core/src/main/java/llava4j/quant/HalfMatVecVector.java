package llava4j.quant;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// The fast twin of [HalfMatVec]'s plain loops. Loads only where the JVM has the Vector API.
///
/// Two 16-bit weights lie in each 32-bit lane: the upper half is widened in place, the lower after
/// a shift. So a vector of weights is read as ints, and the input row is read once as even and once
/// as odd elements, split beforehand.
final class HalfMatVecVector {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;

  /// 2^112: moves an exponent from fp16's bias of 15 to fp32's of 127; subnormals come out right as
  /// well.
  private static final float REBIAS = 0x1p112f;

  private HalfMatVecVector() {}

  static int vectorBits() {
    return FLOATS.vectorBitSize();
  }

  /// BF16 is the upper half of an fp32.
  static void multiplyBf16(
      MemorySegment weight,
      long inDim,
      MemorySegment input,
      MemorySegment output,
      long firstRow,
      long endRow) {
    int lanes = FLOATS.length();
    float[] even = new float[(int) (inDim / 2) + lanes];
    float[] odd = new float[(int) (inDim / 2) + lanes];
    deal(input, inDim, even, odd);
    long pairs = inDim / 2;
    int bound = INTS.loopBound((int) pairs);
    for (long row = firstRow; row < endRow; row++) {
      long base = row * inDim * Short.BYTES;
      FloatVector evenSum = FloatVector.zero(FLOATS);
      FloatVector oddSum = FloatVector.zero(FLOATS);
      for (int p = 0; p < bound; p += lanes) {
        IntVector bits = IntVector.fromMemorySegment(INTS, weight, base + 4L * p, LITTLE_ENDIAN);
        FloatVector low = bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
        FloatVector high = bits.and(0xFFFF0000).reinterpretAsFloats();
        evenSum = low.fma(FloatVector.fromArray(FLOATS, even, p), evenSum);
        oddSum = high.fma(FloatVector.fromArray(FLOATS, odd, p), oddSum);
      }
      float sum = evenSum.add(oddSum).reduceLanes(VectorOperators.ADD);
      for (long i = 2L * bound; i < inDim; i++) {
        short bits = weight.get(HalfMatVec.HALF, base + i * Short.BYTES);
        sum += Float.intBitsToFloat(bits << 16) * input.getAtIndex(HalfMatVec.FLOAT, i);
      }
      output.setAtIndex(HalfMatVec.FLOAT, row, sum);
    }
  }

  /// F16: sign to the top, exponent and mantissa 13 places up, then the exponent rebiased by a
  /// multiplication. The constant factor is taken out of the sum. Infinities and NaN of a broken
  /// checkpoint do not survive; weights have none.
  static void multiplyF16(
      MemorySegment weight,
      long inDim,
      MemorySegment input,
      MemorySegment output,
      long firstRow,
      long endRow) {
    int lanes = FLOATS.length();
    float[] even = new float[(int) (inDim / 2) + lanes];
    float[] odd = new float[(int) (inDim / 2) + lanes];
    deal(input, inDim, even, odd);
    long pairs = inDim / 2;
    int bound = INTS.loopBound((int) pairs);
    for (long row = firstRow; row < endRow; row++) {
      long base = row * inDim * Short.BYTES;
      FloatVector evenSum = FloatVector.zero(FLOATS);
      FloatVector oddSum = FloatVector.zero(FLOATS);
      for (int p = 0; p < bound; p += lanes) {
        IntVector bits = IntVector.fromMemorySegment(INTS, weight, base + 4L * p, LITTLE_ENDIAN);
        // high: s eeeee mmmmmmmmmm ---------------- -> s 000 eeeee mmmmmmmmmm 0..0
        IntVector highSign = bits.and(0x80000000);
        FloatVector high =
            bits.and(0x7FFF0000)
                .lanewise(VectorOperators.LSHR, 3)
                .or(highSign)
                .reinterpretAsFloats();
        IntVector shifted = bits.lanewise(VectorOperators.LSHL, 16);
        IntVector lowSign = shifted.and(0x80000000);
        FloatVector low =
            shifted
                .and(0x7FFF0000)
                .lanewise(VectorOperators.LSHR, 3)
                .or(lowSign)
                .reinterpretAsFloats();
        evenSum = low.mul(REBIAS).fma(FloatVector.fromArray(FLOATS, even, p), evenSum);
        oddSum = high.mul(REBIAS).fma(FloatVector.fromArray(FLOATS, odd, p), oddSum);
      }
      float sum = evenSum.add(oddSum).reduceLanes(VectorOperators.ADD);
      for (long i = 2L * bound; i < inDim; i++) {
        short bits = weight.get(HalfMatVec.HALF, base + i * Short.BYTES);
        sum += Float.float16ToFloat(bits) * input.getAtIndex(HalfMatVec.FLOAT, i);
      }
      output.setAtIndex(HalfMatVec.FLOAT, row, sum);
    }
  }

  private static void deal(MemorySegment input, long inDim, float[] even, float[] odd) {
    for (int p = 0; p < inDim / 2; p++) {
      even[p] = input.getAtIndex(HalfMatVec.FLOAT, 2L * p);
      odd[p] = input.getAtIndex(HalfMatVec.FLOAT, 2L * p + 1);
    }
  }
}
