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

/// The kernels of [PanelMatrix] for 8 bits: as [Panel4Vector], with a sum of its own for the low
/// and for the high halves of the numbers.
final class Panel8Vector {
  private static final VectorSpecies<Short> SHORTS = Panel4Vector.SHORTS;
  private static final short LOW = 15;
  private static final int GROUP_BYTES = Panel4Vector.GROUP_BYTES;

  private Panel8Vector() {}

  /// As `Panel4Vector.one`. Written as 16 h + l, a number is 16 (h - 8) + (l - 8) + 8 less 128; the
  /// offset -8 Σx is in both sums, and is taken away once.
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
      ShortVector low0 = ShortVector.broadcast(SHORTS, offsets[block]);
      ShortVector high0 = low0;
      ShortVector low1 = low0;
      ShortVector high1 = low0;
      for (int group = 0; group < groups; group++) {
        ShortVector w0 = ShortVector.fromMemorySegment(SHORTS, panels, at, LITTLE_ENDIAN);
        ShortVector w1 = ShortVector.fromMemorySegment(SHORTS, panels, at + second, LITTLE_ENDIAN);
        ShortVector x0 = ShortVector.broadcast(SHORTS, numbers[column]);
        ShortVector x1 = ShortVector.broadcast(SHORTS, numbers[column + 1]);
        low0 = low0.add(w0.and(LOW).mul(x0)).add(w0.lanewise(LSHR, 8).and(LOW).mul(x1));
        high0 = high0.add(w0.lanewise(LSHR, 4).and(LOW).mul(x0)).add(w0.lanewise(LSHR, 12).mul(x1));
        low1 = low1.add(w1.and(LOW).mul(x0)).add(w1.lanewise(LSHR, 8).and(LOW).mul(x1));
        high1 = high1.add(w1.lanewise(LSHR, 4).and(LOW).mul(x0)).add(w1.lanewise(LSHR, 12).mul(x1));
        at += GROUP_BYTES;
        column += 2;
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
      int offset = offsets[block];
      even0 =
          ((FloatVector)
                  high0
                      .reinterpretAsInts()
                      .lanewise(LSHL, 16)
                      .lanewise(ASHR, 16)
                      .lanewise(LSHL, 4)
                      .add(low0.reinterpretAsInts().lanewise(LSHL, 16).lanewise(ASHR, 16))
                      .sub(offset)
                      .convert(I2F, 0))
              .mul(scale)
              .fma(evenScale0, even0);
      odd0 =
          ((FloatVector)
                  high0
                      .reinterpretAsInts()
                      .lanewise(ASHR, 16)
                      .lanewise(LSHL, 4)
                      .add(low0.reinterpretAsInts().lanewise(ASHR, 16))
                      .sub(offset)
                      .convert(I2F, 0))
              .mul(scale)
              .fma(oddScale0, odd0);
      even1 =
          ((FloatVector)
                  high1
                      .reinterpretAsInts()
                      .lanewise(LSHL, 16)
                      .lanewise(ASHR, 16)
                      .lanewise(LSHL, 4)
                      .add(low1.reinterpretAsInts().lanewise(LSHL, 16).lanewise(ASHR, 16))
                      .sub(offset)
                      .convert(I2F, 0))
              .mul(scale)
              .fma(evenScale1, even1);
      odd1 =
          ((FloatVector)
                  high1
                      .reinterpretAsInts()
                      .lanewise(ASHR, 16)
                      .lanewise(LSHL, 4)
                      .add(low1.reinterpretAsInts().lanewise(ASHR, 16))
                      .sub(offset)
                      .convert(I2F, 0))
              .mul(scale)
              .fma(oddScale1, odd1);
    }
    int lanes = FLOATS.length();
    even0.intoArray(output, 0);
    odd0.intoArray(output, lanes);
    even1.intoArray(output, 2 * lanes);
    odd1.intoArray(output, 3 * lanes);
  }

  /// One strip of output rows times four rows.
  ///
  /// @param start byte of the strip in its first block
  /// @param row number of the first of four rows of `input`
  /// @param output the even and the odd output rows for each of the four from place `to` on, two
  ///   vectors apart
  static void four(
      MemorySegment panels,
      long start,
      PanelLayout layout,
      RoundedRows input,
      int row,
      float[] output,
      int to) {
    short[] numbers = input.numbers(row);
    short[] offsets = input.offsets(row);
    float[] scales = input.scales(row);
    int groups = layout.groups();
    int scaleBytes = layout.scaleBytes();
    boolean wide = layout.wideScales();
    FloatVector evenA = FloatVector.zero(FLOATS);
    FloatVector oddA = evenA;
    FloatVector evenB = evenA;
    FloatVector oddB = evenA;
    FloatVector evenC = evenA;
    FloatVector oddC = evenA;
    FloatVector evenD = evenA;
    FloatVector oddD = evenA;
    long at = start;
    int column = 0;
    for (int block = 0; block < scales.length; block += 4) {
      ShortVector lowA = ShortVector.broadcast(SHORTS, offsets[block]);
      ShortVector highA = lowA;
      ShortVector lowB = ShortVector.broadcast(SHORTS, offsets[block + 1]);
      ShortVector highB = lowB;
      ShortVector lowC = ShortVector.broadcast(SHORTS, offsets[block + 2]);
      ShortVector highC = lowC;
      ShortVector lowD = ShortVector.broadcast(SHORTS, offsets[block + 3]);
      ShortVector highD = lowD;
      for (int group = 0; group < groups; group++) {
        ShortVector w = ShortVector.fromMemorySegment(SHORTS, panels, at, LITTLE_ENDIAN);
        ShortVector x;
        ShortVector l0 = w.and(LOW);
        ShortVector h0 = w.lanewise(LSHR, 4).and(LOW);
        x = ShortVector.broadcast(SHORTS, numbers[column]);
        lowA = lowA.add(l0.mul(x));
        highA = highA.add(h0.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 1]);
        lowB = lowB.add(l0.mul(x));
        highB = highB.add(h0.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 2]);
        lowC = lowC.add(l0.mul(x));
        highC = highC.add(h0.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 3]);
        lowD = lowD.add(l0.mul(x));
        highD = highD.add(h0.mul(x));
        ShortVector l1 = w.lanewise(LSHR, 8).and(LOW);
        ShortVector h1 = w.lanewise(LSHR, 12);
        x = ShortVector.broadcast(SHORTS, numbers[column + 4]);
        lowA = lowA.add(l1.mul(x));
        highA = highA.add(h1.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 5]);
        lowB = lowB.add(l1.mul(x));
        highB = highB.add(h1.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 6]);
        lowC = lowC.add(l1.mul(x));
        highC = highC.add(h1.mul(x));
        x = ShortVector.broadcast(SHORTS, numbers[column + 7]);
        lowD = lowD.add(l1.mul(x));
        highD = highD.add(h1.mul(x));
        at += GROUP_BYTES;
        column += 8;
      }
      FloatVector evenScale;
      FloatVector oddScale;
      if (wide) {
        evenScale = FloatVector.fromMemorySegment(FLOATS, panels, at, LITTLE_ENDIAN);
        oddScale = FloatVector.fromMemorySegment(FLOATS, panels, at + GROUP_BYTES, LITTLE_ENDIAN);
      } else {
        IntVector pairs = IntVector.fromMemorySegment(INTS, panels, at, LITTLE_ENDIAN);
        evenScale = pairs.lanewise(LSHL, 16).lanewise(ASHR, 3).and(F16_BITS).reinterpretAsFloats();
        oddScale = pairs.lanewise(ASHR, 3).and(F16_BITS).reinterpretAsFloats();
      }
      at += scaleBytes;
      FloatVector scale;
      scale = FloatVector.broadcast(FLOATS, scales[block]);
      evenA =
          ((FloatVector)
                  highA
                      .reinterpretAsInts()
                      .lanewise(LSHL, 16)
                      .lanewise(ASHR, 16)
                      .lanewise(LSHL, 4)
                      .add(lowA.reinterpretAsInts().lanewise(LSHL, 16).lanewise(ASHR, 16))
                      .sub(offsets[block])
                      .convert(I2F, 0))
              .mul(scale)
              .fma(evenScale, evenA);
      oddA =
          ((FloatVector)
                  highA
                      .reinterpretAsInts()
                      .lanewise(ASHR, 16)
                      .lanewise(LSHL, 4)
                      .add(lowA.reinterpretAsInts().lanewise(ASHR, 16))
                      .sub(offsets[block])
                      .convert(I2F, 0))
              .mul(scale)
              .fma(oddScale, oddA);
      scale = FloatVector.broadcast(FLOATS, scales[block + 1]);
      evenB =
          ((FloatVector)
                  highB
                      .reinterpretAsInts()
                      .lanewise(LSHL, 16)
                      .lanewise(ASHR, 16)
                      .lanewise(LSHL, 4)
                      .add(lowB.reinterpretAsInts().lanewise(LSHL, 16).lanewise(ASHR, 16))
                      .sub(offsets[block + 1])
                      .convert(I2F, 0))
              .mul(scale)
              .fma(evenScale, evenB);
      oddB =
          ((FloatVector)
                  highB
                      .reinterpretAsInts()
                      .lanewise(ASHR, 16)
                      .lanewise(LSHL, 4)
                      .add(lowB.reinterpretAsInts().lanewise(ASHR, 16))
                      .sub(offsets[block + 1])
                      .convert(I2F, 0))
              .mul(scale)
              .fma(oddScale, oddB);
      scale = FloatVector.broadcast(FLOATS, scales[block + 2]);
      evenC =
          ((FloatVector)
                  highC
                      .reinterpretAsInts()
                      .lanewise(LSHL, 16)
                      .lanewise(ASHR, 16)
                      .lanewise(LSHL, 4)
                      .add(lowC.reinterpretAsInts().lanewise(LSHL, 16).lanewise(ASHR, 16))
                      .sub(offsets[block + 2])
                      .convert(I2F, 0))
              .mul(scale)
              .fma(evenScale, evenC);
      oddC =
          ((FloatVector)
                  highC
                      .reinterpretAsInts()
                      .lanewise(ASHR, 16)
                      .lanewise(LSHL, 4)
                      .add(lowC.reinterpretAsInts().lanewise(ASHR, 16))
                      .sub(offsets[block + 2])
                      .convert(I2F, 0))
              .mul(scale)
              .fma(oddScale, oddC);
      scale = FloatVector.broadcast(FLOATS, scales[block + 3]);
      evenD =
          ((FloatVector)
                  highD
                      .reinterpretAsInts()
                      .lanewise(LSHL, 16)
                      .lanewise(ASHR, 16)
                      .lanewise(LSHL, 4)
                      .add(lowD.reinterpretAsInts().lanewise(LSHL, 16).lanewise(ASHR, 16))
                      .sub(offsets[block + 3])
                      .convert(I2F, 0))
              .mul(scale)
              .fma(evenScale, evenD);
      oddD =
          ((FloatVector)
                  highD
                      .reinterpretAsInts()
                      .lanewise(ASHR, 16)
                      .lanewise(LSHL, 4)
                      .add(lowD.reinterpretAsInts().lanewise(ASHR, 16))
                      .sub(offsets[block + 3])
                      .convert(I2F, 0))
              .mul(scale)
              .fma(oddScale, oddD);
    }
    int lanes = FLOATS.length();
    evenA.intoArray(output, to);
    oddA.intoArray(output, to + lanes);
    evenB.intoArray(output, to + 4 * lanes);
    oddB.intoArray(output, to + 5 * lanes);
    evenC.intoArray(output, to + 8 * lanes);
    oddC.intoArray(output, to + 9 * lanes);
    evenD.intoArray(output, to + 12 * lanes);
    oddD.intoArray(output, to + 13 * lanes);
  }
}
