package llava4j.quant;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static llava4j.quant.BlockWidenerVector.FLOATS;
import static llava4j.quant.BlockWidenerVector.INTS;
import static llava4j.quant.HalfMatVecVector.F16_BITS;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/// The kernels of [PanelMatrix] for 4 bits.
///
/// A lane is an output row. A product of a nibble and an activation of 8 bits, and the sum of a
/// block of 32, fit 16 bits as `number = nibble - 8`; the nibbles alone do not, but 16-bit
/// arithmetic wraps around, so starting from the offset -8 Σx the sum is right in the end. For the
/// same reason a nibble needs no mask: shifted down, it has 16 times the next one above it, and the
/// factor of the next one is less by 16 times its own (see [RoundedRows]). This needs two
/// instructions for 32 products, and no sum across lanes. The bodies are written out, because a
/// helper that returns a vector is not always inlined.
final class Panel4Vector {
  static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_PREFERRED;
  static final int GROUP_BYTES = PanelShape.ROWS * Short.BYTES;

  private Panel4Vector() {}

  /// Two strips of output rows times one row.
  ///
  /// @param start byte of the first strip in its first block
  /// @param second bytes from the first to the second strip
  /// @param row number of a row of `input`
  /// @param output the even and the odd output rows of the first strip, then of the second, without
  ///   the last factor
  static void one(
      MemorySegment panels,
      long start,
      long second,
      PanelLayout layout,
      RoundedRows input,
      int row,
      float[] output) {
    short[] numbers = input.numbers(row);
    short[] offsets = input.offsets(row);
    float[] scales = input.scales(row);
    int groups = layout.groups();
    int scaleBytes = layout.scaleBytes();
    boolean wide = layout.wideScales();
    FloatVector even0 = FloatVector.zero(FLOATS);
    FloatVector odd0 = even0;
    FloatVector even1 = even0;
    FloatVector odd1 = even0;
    long at = start;
    int column = 0;
    for (int block = 0; block < scales.length; block++) {
      ShortVector sum0 = ShortVector.broadcast(SHORTS, offsets[block]);
      ShortVector sum1 = sum0;
      for (int group = 0; group < groups; group++) {
        ShortVector w0 = ShortVector.fromMemorySegment(SHORTS, panels, at, LITTLE_ENDIAN);
        ShortVector w1 = ShortVector.fromMemorySegment(SHORTS, panels, at + second, LITTLE_ENDIAN);
        ShortVector x0 = ShortVector.broadcast(SHORTS, numbers[column]);
        ShortVector x1 = ShortVector.broadcast(SHORTS, numbers[column + 1]);
        ShortVector x2 = ShortVector.broadcast(SHORTS, numbers[column + 2]);
        ShortVector x3 = ShortVector.broadcast(SHORTS, numbers[column + 3]);
        sum0 =
            sum0.add(w0.mul(x0))
                .add(w0.lanewise(LSHR, 4).mul(x1))
                .add(w0.lanewise(LSHR, 8).mul(x2))
                .add(w0.lanewise(LSHR, 12).mul(x3));
        sum1 =
            sum1.add(w1.mul(x0))
                .add(w1.lanewise(LSHR, 4).mul(x1))
                .add(w1.lanewise(LSHR, 8).mul(x2))
                .add(w1.lanewise(LSHR, 12).mul(x3));
        at += GROUP_BYTES;
        column += 4;
      }
      FloatVector evenScale0;
      FloatVector oddScale0;
      FloatVector evenScale1;
      FloatVector oddScale1;
      if (wide) {
        evenScale0 = FloatVector.fromMemorySegment(FLOATS, panels, at, LITTLE_ENDIAN);
        oddScale0 = FloatVector.fromMemorySegment(FLOATS, panels, at + GROUP_BYTES, LITTLE_ENDIAN);
        evenScale1 = FloatVector.fromMemorySegment(FLOATS, panels, at + second, LITTLE_ENDIAN);
        oddScale1 =
            FloatVector.fromMemorySegment(FLOATS, panels, at + second + GROUP_BYTES, LITTLE_ENDIAN);
      } else {
        IntVector pairs0 = IntVector.fromMemorySegment(INTS, panels, at, LITTLE_ENDIAN);
        evenScale0 =
            pairs0.lanewise(LSHL, 16).lanewise(ASHR, 3).and(F16_BITS).reinterpretAsFloats();
        oddScale0 = pairs0.lanewise(ASHR, 3).and(F16_BITS).reinterpretAsFloats();
        IntVector pairs1 = IntVector.fromMemorySegment(INTS, panels, at + second, LITTLE_ENDIAN);
        evenScale1 =
            pairs1.lanewise(LSHL, 16).lanewise(ASHR, 3).and(F16_BITS).reinterpretAsFloats();
        oddScale1 = pairs1.lanewise(ASHR, 3).and(F16_BITS).reinterpretAsFloats();
      }
      at += scaleBytes;
      FloatVector scale = FloatVector.broadcast(FLOATS, scales[block]);
      even0 =
          ((FloatVector)
                  sum0.reinterpretAsInts().lanewise(LSHL, 16).lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(evenScale0, even0);
      odd0 =
          ((FloatVector) sum0.reinterpretAsInts().lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(oddScale0, odd0);
      even1 =
          ((FloatVector)
                  sum1.reinterpretAsInts().lanewise(LSHL, 16).lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(evenScale1, even1);
      odd1 =
          ((FloatVector) sum1.reinterpretAsInts().lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(oddScale1, odd1);
    }
    int lanes = FLOATS.length();
    even0.intoArray(output, 0);
    odd0.intoArray(output, lanes);
    even1.intoArray(output, 2 * lanes);
    odd1.intoArray(output, 3 * lanes);
  }

  /// Two strips of output rows times four rows.
  ///
  /// @param row number of the first of four rows of `input`
  /// @param output for each of the four as in `one`
  static void four(
      MemorySegment panels,
      long start,
      long second,
      PanelLayout layout,
      RoundedRows input,
      int row,
      float[] output) {
    short[] numbers = input.numbers(row);
    short[] offsets = input.offsets(row);
    float[] scales = input.scales(row);
    int groups = layout.groups();
    int scaleBytes = layout.scaleBytes();
    boolean wide = layout.wideScales();
    FloatVector evenA0 = FloatVector.zero(FLOATS);
    FloatVector oddA0 = evenA0;
    FloatVector evenA1 = evenA0;
    FloatVector oddA1 = evenA0;
    FloatVector evenB0 = evenA0;
    FloatVector oddB0 = evenA0;
    FloatVector evenB1 = evenA0;
    FloatVector oddB1 = evenA0;
    FloatVector evenC0 = evenA0;
    FloatVector oddC0 = evenA0;
    FloatVector evenC1 = evenA0;
    FloatVector oddC1 = evenA0;
    FloatVector evenD0 = evenA0;
    FloatVector oddD0 = evenA0;
    FloatVector evenD1 = evenA0;
    FloatVector oddD1 = evenA0;
    long at = start;
    int column = 0;
    for (int block = 0; block < scales.length; block += 4) {
      ShortVector a0 = ShortVector.broadcast(SHORTS, offsets[block]);
      ShortVector a1 = a0;
      ShortVector b0 = ShortVector.broadcast(SHORTS, offsets[block + 1]);
      ShortVector b1 = b0;
      ShortVector c0 = ShortVector.broadcast(SHORTS, offsets[block + 2]);
      ShortVector c1 = c0;
      ShortVector d0 = ShortVector.broadcast(SHORTS, offsets[block + 3]);
      ShortVector d1 = d0;
      for (int group = 0; group < groups; group++) {
        ShortVector w0 = ShortVector.fromMemorySegment(SHORTS, panels, at, LITTLE_ENDIAN);
        ShortVector w1 = ShortVector.fromMemorySegment(SHORTS, panels, at + second, LITTLE_ENDIAN);
        ShortVector x;
        x = ShortVector.broadcast(SHORTS, numbers[column]);
        a0 = a0.add(w0.mul(x));
        a1 = a1.add(w1.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 1]);
        b0 = b0.add(w0.mul(x));
        b1 = b1.add(w1.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 2]);
        c0 = c0.add(w0.mul(x));
        c1 = c1.add(w1.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 3]);
        d0 = d0.add(w0.mul(x));
        d1 = d1.add(w1.mul(x));
        ShortVector n10 = w0.lanewise(LSHR, 4);
        ShortVector n11 = w1.lanewise(LSHR, 4);
        x = ShortVector.broadcast(SHORTS, numbers[column + 4]);
        a0 = a0.add(n10.mul(x));
        a1 = a1.add(n11.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 5]);
        b0 = b0.add(n10.mul(x));
        b1 = b1.add(n11.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 6]);
        c0 = c0.add(n10.mul(x));
        c1 = c1.add(n11.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 7]);
        d0 = d0.add(n10.mul(x));
        d1 = d1.add(n11.mul(x));
        ShortVector n20 = w0.lanewise(LSHR, 8);
        ShortVector n21 = w1.lanewise(LSHR, 8);
        x = ShortVector.broadcast(SHORTS, numbers[column + 8]);
        a0 = a0.add(n20.mul(x));
        a1 = a1.add(n21.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 9]);
        b0 = b0.add(n20.mul(x));
        b1 = b1.add(n21.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 10]);
        c0 = c0.add(n20.mul(x));
        c1 = c1.add(n21.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 11]);
        d0 = d0.add(n20.mul(x));
        d1 = d1.add(n21.mul(x));
        ShortVector n30 = w0.lanewise(LSHR, 12);
        ShortVector n31 = w1.lanewise(LSHR, 12);
        x = ShortVector.broadcast(SHORTS, numbers[column + 12]);
        a0 = a0.add(n30.mul(x));
        a1 = a1.add(n31.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 13]);
        b0 = b0.add(n30.mul(x));
        b1 = b1.add(n31.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 14]);
        c0 = c0.add(n30.mul(x));
        c1 = c1.add(n31.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 15]);
        d0 = d0.add(n30.mul(x));
        d1 = d1.add(n31.mul(x));
        at += GROUP_BYTES;
        column += 16;
      }
      FloatVector evenScale0;
      FloatVector oddScale0;
      FloatVector evenScale1;
      FloatVector oddScale1;
      if (wide) {
        evenScale0 = FloatVector.fromMemorySegment(FLOATS, panels, at, LITTLE_ENDIAN);
        oddScale0 = FloatVector.fromMemorySegment(FLOATS, panels, at + GROUP_BYTES, LITTLE_ENDIAN);
        evenScale1 = FloatVector.fromMemorySegment(FLOATS, panels, at + second, LITTLE_ENDIAN);
        oddScale1 =
            FloatVector.fromMemorySegment(FLOATS, panels, at + second + GROUP_BYTES, LITTLE_ENDIAN);
      } else {
        IntVector pairs0 = IntVector.fromMemorySegment(INTS, panels, at, LITTLE_ENDIAN);
        evenScale0 =
            pairs0.lanewise(LSHL, 16).lanewise(ASHR, 3).and(F16_BITS).reinterpretAsFloats();
        oddScale0 = pairs0.lanewise(ASHR, 3).and(F16_BITS).reinterpretAsFloats();
        IntVector pairs1 = IntVector.fromMemorySegment(INTS, panels, at + second, LITTLE_ENDIAN);
        evenScale1 =
            pairs1.lanewise(LSHL, 16).lanewise(ASHR, 3).and(F16_BITS).reinterpretAsFloats();
        oddScale1 = pairs1.lanewise(ASHR, 3).and(F16_BITS).reinterpretAsFloats();
      }
      at += scaleBytes;
      FloatVector scale;
      scale = FloatVector.broadcast(FLOATS, scales[block]);
      evenA0 =
          ((FloatVector)
                  a0.reinterpretAsInts().lanewise(LSHL, 16).lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(evenScale0, evenA0);
      oddA0 =
          ((FloatVector) a0.reinterpretAsInts().lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(oddScale0, oddA0);
      evenA1 =
          ((FloatVector)
                  a1.reinterpretAsInts().lanewise(LSHL, 16).lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(evenScale1, evenA1);
      oddA1 =
          ((FloatVector) a1.reinterpretAsInts().lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(oddScale1, oddA1);
      scale = FloatVector.broadcast(FLOATS, scales[block + 1]);
      evenB0 =
          ((FloatVector)
                  b0.reinterpretAsInts().lanewise(LSHL, 16).lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(evenScale0, evenB0);
      oddB0 =
          ((FloatVector) b0.reinterpretAsInts().lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(oddScale0, oddB0);
      evenB1 =
          ((FloatVector)
                  b1.reinterpretAsInts().lanewise(LSHL, 16).lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(evenScale1, evenB1);
      oddB1 =
          ((FloatVector) b1.reinterpretAsInts().lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(oddScale1, oddB1);
      scale = FloatVector.broadcast(FLOATS, scales[block + 2]);
      evenC0 =
          ((FloatVector)
                  c0.reinterpretAsInts().lanewise(LSHL, 16).lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(evenScale0, evenC0);
      oddC0 =
          ((FloatVector) c0.reinterpretAsInts().lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(oddScale0, oddC0);
      evenC1 =
          ((FloatVector)
                  c1.reinterpretAsInts().lanewise(LSHL, 16).lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(evenScale1, evenC1);
      oddC1 =
          ((FloatVector) c1.reinterpretAsInts().lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(oddScale1, oddC1);
      scale = FloatVector.broadcast(FLOATS, scales[block + 3]);
      evenD0 =
          ((FloatVector)
                  d0.reinterpretAsInts().lanewise(LSHL, 16).lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(evenScale0, evenD0);
      oddD0 =
          ((FloatVector) d0.reinterpretAsInts().lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(oddScale0, oddD0);
      evenD1 =
          ((FloatVector)
                  d1.reinterpretAsInts().lanewise(LSHL, 16).lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(evenScale1, evenD1);
      oddD1 =
          ((FloatVector) d1.reinterpretAsInts().lanewise(ASHR, 16).convert(I2F, 0))
              .mul(scale)
              .fma(oddScale1, oddD1);
    }
    int lanes = FLOATS.length();
    evenA0.intoArray(output, 0);
    oddA0.intoArray(output, lanes);
    evenA1.intoArray(output, 2 * lanes);
    oddA1.intoArray(output, 3 * lanes);
    evenB0.intoArray(output, 4 * lanes);
    oddB0.intoArray(output, 5 * lanes);
    evenB1.intoArray(output, 6 * lanes);
    oddB1.intoArray(output, 7 * lanes);
    evenC0.intoArray(output, 8 * lanes);
    oddC0.intoArray(output, 9 * lanes);
    evenC1.intoArray(output, 10 * lanes);
    oddC1.intoArray(output, 11 * lanes);
    evenD0.intoArray(output, 12 * lanes);
    oddD0.intoArray(output, 13 * lanes);
    evenD1.intoArray(output, 14 * lanes);
    oddD1.intoArray(output, 15 * lanes);
  }
}
