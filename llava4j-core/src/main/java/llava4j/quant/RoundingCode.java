package llava4j.quant;

import static llava4j.assembly.Instruction.VCVTPS2DQ;
import static llava4j.assembly.Instruction.VDIVPS;
import static llava4j.assembly.Instruction.VMOVDQU;
import static llava4j.assembly.Instruction.VMOVDQU_STORE;
import static llava4j.assembly.Instruction.VMOVD_STORE;
import static llava4j.assembly.Instruction.VMOVSS_STORE;
import static llava4j.assembly.Instruction.VMULPS;
import static llava4j.assembly.Instruction.VPACKSSDW;
import static llava4j.assembly.Instruction.VPACKSSWB;
import static llava4j.assembly.Instruction.VPADDD;
import static llava4j.assembly.Instruction.VPAND;
import static llava4j.assembly.Instruction.VPANDN;
import static llava4j.assembly.Instruction.VPCMPGTD;
import static llava4j.assembly.Instruction.VPERMD;
import static llava4j.assembly.Instruction.VPERMQ;
import static llava4j.assembly.Instruction.VPMAXSD;
import static llava4j.assembly.Instruction.VPMOVZXBD;
import static llava4j.assembly.Instruction.VPOR;
import static llava4j.assembly.Instruction.VPSHUFB;
import static llava4j.assembly.Instruction.VPSUBD;
import static llava4j.assembly.Instruction.VPUNPCKLQDQ;
import static llava4j.assembly.Instruction.VPXOR;
import static llava4j.assembly.Register.RCX;
import static llava4j.assembly.Register.RDI;
import static llava4j.assembly.Register.RDX;
import static llava4j.assembly.Register.RSI;

import llava4j.assembly.Assembler;
import llava4j.assembly.Memory;

/// Writes the function that rounds a row of activations to 8 bits, block by block, as
/// [RoundedBlock] says: from -127 to 127, to nearest, ties to even. A block with NaN or infinity
/// gets the scale NaN and numbers of any value.
///
/// AVX2 serves all processors: this is a small part of the work.
final class RoundingCode {
  private static final int FLOATS = Assembler.AVX2 / Float.BYTES;

  // numbers of vector registers; the first hold the values
  private static final int LARGEST = 4;
  private static final int INVERSE = 5;
  private static final int OTHER = 6;
  private static final int MAGNITUDE = 9;
  private static final int MOST = 10;
  private static final int TOO_SMALL = 11;
  private static final int MOST_FINITE = 12;
  private static final int EVEN_FIRST = 13;
  private static final int IN_ORDER = 14;
  private static final int ZERO = 15;

  /// The places of four-byte groups after the values of two halves of vectors were packed.
  private static final long ORDER_OF_PACKED = 0x0703060205010400L;

  private static final long EVEN_THEN_ODD = 0x0705030106040200L;
  private static final long EIGHT_FURTHER = 0x0808080808080808L;

  private static final int LOW_HALF_TWICE = 0b01_00_01_00;

  private final Assembler code = new Assembler(Assembler.AVX2);
  private final RoundedBlock block;
  private final int vectors;

  private RoundingCode(RoundedBlock block) {
    this.block = block;
    this.vectors = block.values() / FLOATS;
  }

  /// A function of the row, F32, the place of the first rounded block, the number of blocks and the
  /// bytes from a rounded block to the next.
  static byte[] of(RoundedBlock block) {
    return new RoundingCode(block).write();
  }

  private byte[] write() {
    code.repeat(MAGNITUDE, Integer.MAX_VALUE);
    code.repeat(MOST, Float.floatToIntBits(ByteRows.MOST));
    code.repeat(TOO_SMALL, Float.floatToIntBits(ByteRows.LEAST) - 1);
    code.repeat(MOST_FINITE, Float.floatToIntBits(Float.MAX_VALUE));
    code.vector(VPXOR, ZERO, ZERO, ZERO);
    code.lowest(0, ORDER_OF_PACKED);
    code.vector(VPMOVZXBD, IN_ORDER, 0);
    code.lowest(0, EVEN_THEN_ODD);
    code.lowest(1, EVEN_THEN_ODD + EIGHT_FURTHER);
    code.vector(VPUNPCKLQDQ, EVEN_FIRST, 0, 1);
    code.permute(VPERMQ, EVEN_FIRST, EVEN_FIRST, LOW_HALF_TWICE);
    int next = code.here();
    largest();
    scaleAndInverse();
    numbers();
    code.add(RDI, block.values() * Float.BYTES);
    code.add(RSI, RCX);
    code.decrement(RDX);
    code.jumpIfNotZero(next);
    code.end();
    return code.code();
  }

  /// The largest magnitude, in all lanes. Bits of magnitudes have the order of their values, and
  /// NaN is above infinity.
  private void largest() {
    for (int i = 0; i < vectors; i++) {
      code.vector(VMOVDQU, i, new Memory(RDI, i * Assembler.AVX2));
      code.vector(VPAND, i == 0 ? LARGEST : OTHER, i, MAGNITUDE);
      if (i > 0) {
        code.vector(VPMAXSD, LARGEST, LARGEST, OTHER);
      }
    }
    code.overLanes(VPMAXSD, LARGEST, OTHER);
  }

  /// As [ByteRows#scale] and [ByteRows#inverse].
  private void scaleAndInverse() {
    int large = OTHER + 1;
    int endless = OTHER + 2;
    code.vector(VPCMPGTD, large, LARGEST, TOO_SMALL);
    code.vector(VPCMPGTD, endless, LARGEST, MOST_FINITE);
    code.vector(VDIVPS, INVERSE, MOST, LARGEST);
    code.vector(VPAND, INVERSE, INVERSE, large);
    code.vector(VPANDN, INVERSE, endless, INVERSE);
    code.vector(VDIVPS, LARGEST, LARGEST, MOST);
    code.vector(VPAND, LARGEST, LARGEST, large);
    code.vector(VPOR, LARGEST, LARGEST, endless); // all bits make a NaN
    code.storeLow(VMOVSS_STORE, new Memory(RSI, block.scaleAt()), LARGEST);
  }

  private void numbers() {
    int sum = LARGEST;
    for (int i = 0; i < vectors; i++) {
      code.vector(VMULPS, i, i, INVERSE);
      code.vector(VCVTPS2DQ, i, i);
      code.vector(VPADDD, sum, i == 0 ? ZERO : sum, i);
    }
    code.overLanes(VPADDD, sum, OTHER);
    code.shiftLeft(sum, sum, block.zeroBits());
    code.vector(VPSUBD, sum, ZERO, sum);
    code.storeLow(VMOVD_STORE, new Memory(RSI, block.offsetAt()), sum);
    for (int i = 0; i < vectors; i += 2) {
      code.vector(VPACKSSDW, i, i, i + 1);
    }
    code.vector(VPACKSSWB, 0, 0, vectors == 2 ? 0 : 2);
    code.vector(VPERMD, 0, IN_ORDER, 0);
    if (block.bits() == 4) {
      code.vector(VPSHUFB, 0, 0, EVEN_FIRST);
    }
    if (vectors == 2) {
      code.storeLow(VMOVDQU_STORE, new Memory(RSI, 0), 0);
    } else {
      code.store(VMOVDQU_STORE, new Memory(RSI, 0), 0);
    }
  }
}
