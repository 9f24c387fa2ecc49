package llava4j.quant;

import static llava4j.assembly.Instruction.VADDPS;
import static llava4j.assembly.Instruction.VBROADCASTSS;
import static llava4j.assembly.Instruction.VCVTPH2PS;
import static llava4j.assembly.Instruction.VCVTPS2PH_STORE;
import static llava4j.assembly.Instruction.VFMADD231PS;
import static llava4j.assembly.Instruction.VMOVD_STORE;
import static llava4j.assembly.Instruction.VMOVSS_STORE;
import static llava4j.assembly.Instruction.VMOVUPS;
import static llava4j.assembly.Instruction.VMOVUPS_STORE;
import static llava4j.assembly.Instruction.VPAND;
import static llava4j.assembly.Instruction.VPMAXSD;
import static llava4j.assembly.Instruction.VPXOR;
import static llava4j.assembly.Register.R10;
import static llava4j.assembly.Register.R11;
import static llava4j.assembly.Register.R8;
import static llava4j.assembly.Register.RAX;
import static llava4j.assembly.Register.RCX;
import static llava4j.assembly.Register.RDI;
import static llava4j.assembly.Register.RDX;
import static llava4j.assembly.Register.RSI;

import llava4j.assembly.Assembler;
import llava4j.assembly.Memory;
import llava4j.assembly.Register;

/// Writes the functions of attention over keys and values in F16 for a number of dimensions of a
/// head, a multiple of 8. Sums are fp32. AVX2 serves all processors: memory is the limit.
final class AttentionCode {
  private static final int LANES = Assembler.AVX2 / Float.BYTES;

  /// Vectors that are summed at once: enough to hide the time of an addition.
  private static final int SUMS = 8;

  /// Bytes that memory is fetched in.
  private static final int LINE = 64;

  private static final int VALUE = 8;
  private static final int OTHER = 9;
  private static final int WEIGHT = 10;

  private static final int TO_NEAREST = 0;

  private final Assembler code = new Assembler(Assembler.AVX2);
  private final int vectors;
  private final int rowBytes;

  private AttentionCode(int headDim) {
    if (headDim % LANES != 0) {
      throw new IllegalArgumentException("heads of " + headDim);
    }
    this.vectors = headDim / LANES;
    this.rowBytes = headDim * Short.BYTES;
  }

  /// Whether heads of this many dimensions have functions.
  static boolean takes(int headDim) {
    return headDim % LANES == 0;
  }

  /// A function of keys [rows, headDim], F16, the number of rows, the query `[headDim]`, fp32, the
  /// place of the first score, and as many keys or values that are read next: writes the products
  /// of each key with the query.
  static byte[] scores(int headDim) {
    return new AttentionCode(headDim).scores();
  }

  /// A function of values [rows, headDim], F16, the number of rows, the place of the first weight,
  /// the sums `[headDim]`, fp32, and what is read next: adds each value times its weight.
  static byte[] blend(int headDim) {
    return new AttentionCode(headDim).blend();
  }

  /// A function of numbers `[headDim]`, fp32, the place for them in F16, and a place for the bits
  /// of the largest magnitude, fp32.
  static byte[] store(int headDim) {
    return new AttentionCode(headDim).store();
  }

  private byte[] scores() {
    int sums = Math.min(4, vectors);
    int next = code.here();
    for (int i = 0; i < sums; i++) {
      code.vector(VPXOR, i, i, i);
    }
    for (int i = 0; i < vectors; i++) {
      code.vector(VCVTPH2PS, VALUE, halves(RDI, i));
      code.vector(VFMADD231PS, i % sums, VALUE, floats(RDX, i));
    }
    for (int i = 1; i < sums; i++) {
      code.vector(VADDPS, 0, 0, i);
    }
    code.overLanes(VADDPS, 0, OTHER);
    code.storeLow(VMOVSS_STORE, new Memory(RCX, 0), 0);
    fetchRow();
    code.add(RDI, rowBytes);
    code.add(RCX, Float.BYTES);
    code.decrement(RSI);
    code.jumpIfNotZero(next);
    code.end();
    return code.code();
  }

  /// Has the processor fetch a row of what is read next: its own guesses end with a block.
  private void fetchRow() {
    for (int at = 0; at < rowBytes; at += LINE) {
      code.prefetch(new Memory(R8, at));
    }
    code.add(R8, rowBytes);
  }

  private byte[] blend() {
    for (int first = 0; first < vectors; first += SUMS) {
      int count = Math.min(SUMS, vectors - first);
      code.move(R10, RDI);
      code.move(R11, RDX);
      code.move(RAX, RSI);
      for (int i = 0; i < count; i++) {
        code.vector(VMOVUPS, i, floats(RCX, first + i));
      }
      int next = code.here();
      code.vector(VBROADCASTSS, WEIGHT, new Memory(R11, 0));
      for (int i = 0; i < count; i++) {
        code.vector(VCVTPH2PS, VALUE, halves(R10, first + i));
        code.vector(VFMADD231PS, i, VALUE, WEIGHT);
      }
      code.add(R10, rowBytes);
      code.add(R11, Float.BYTES);
      if (first == 0) {
        fetchRow();
      }
      code.decrement(RAX);
      code.jumpIfNotZero(next);
      for (int i = 0; i < count; i++) {
        code.store(VMOVUPS_STORE, floats(RCX, first + i), i);
      }
    }
    code.end();
    return code.code();
  }

  private byte[] store() {
    code.repeat(WEIGHT, Integer.MAX_VALUE);
    code.vector(VPXOR, 0, 0, 0);
    for (int i = 0; i < vectors; i++) {
      code.vector(VMOVUPS, VALUE, floats(RDI, i));
      code.storeHalves(VCVTPS2PH_STORE, halves(RSI, i), VALUE, TO_NEAREST);
      code.vector(VPAND, VALUE, VALUE, WEIGHT);
      code.vector(VPMAXSD, 0, 0, VALUE);
    }
    code.overLanes(VPMAXSD, 0, OTHER);
    code.storeLow(VMOVD_STORE, new Memory(RDX, 0), 0);
    code.end();
    return code.code();
  }

  private static Memory floats(Register base, int vector) {
    return new Memory(base, vector * Assembler.AVX2);
  }

  private static Memory halves(Register base, int vector) {
    return new Memory(base, vector * Assembler.AVX2 / 2);
  }
}
