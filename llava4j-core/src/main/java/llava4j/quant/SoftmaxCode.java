package llava4j.quant;

import static llava4j.assembly.Instruction.VADDPS;
import static llava4j.assembly.Instruction.VCVTNEPS2BF16;
import static llava4j.assembly.Instruction.VDIVPS;
import static llava4j.assembly.Instruction.VMAXPS;
import static llava4j.assembly.Instruction.VMOVDQU_STORE;
import static llava4j.assembly.Instruction.VMOVUPS;
import static llava4j.assembly.Instruction.VMOVUPS_STORE;
import static llava4j.assembly.Instruction.VMULPS;
import static llava4j.assembly.Instruction.VPMOVZXWD;
import static llava4j.assembly.Instruction.VPXOR;
import static llava4j.assembly.Instruction.VSUBPS;
import static llava4j.assembly.Register.R10;
import static llava4j.assembly.Register.R11;
import static llava4j.assembly.Register.RDI;
import static llava4j.assembly.Register.RDX;
import static llava4j.assembly.Register.RSI;

import llava4j.assembly.Assembler;
import llava4j.assembly.Memory;
import llava4j.assembly.Register;

/// Writes the function of [BfloatSoftmax] for processors with bf16: scores become weights where
/// they lie, and are fp32 in between.
final class SoftmaxCode {
  /// Scores of a vector.
  static final int LANES = Assembler.AVX512 / Float.BYTES;

  private static final int HALF_BITS = 16;

  // numbers of vector registers, beside those of the exponential
  private static final int MOST = 3;
  private static final int SUM = 4;
  private static final int SCALE = 5;
  private static final int SHARE = 6;
  private static final int SWAPPED = 7;

  private final Assembler code = new Assembler(Assembler.AVX512);
  private final float scale;

  private SoftmaxCode(float scale) {
    this.scale = scale;
  }

  /// A function of a row's scores, bf16, as many vectors of fp32 that it may change, and the number
  /// of vectors.
  ///
  /// @param scale what scores are multiplied with
  static byte[] of(float scale) {
    return new SoftmaxCode(scale).write();
  }

  private byte[] write() {
    ExponentialCode exponential = new ExponentialCode(code);
    code.repeat(SCALE, Float.floatToIntBits(scale));
    code.repeat(MOST, Float.floatToIntBits(Float.NEGATIVE_INFINITY));
    code.vector(VPXOR, SUM, SUM, SUM);
    Memory score = new Memory(R10, 0);
    Memory wide = new Memory(RSI, 0);

    code.move(R10, RDI);
    int next = begin();
    code.vector(VPMOVZXWD, 0, score);
    code.shiftLeft(0, 0, HALF_BITS);
    code.store(VMOVUPS_STORE, wide, 0);
    code.vector(VMAXPS, MOST, MOST, 0);
    code.add(R10, Assembler.AVX512 / 2);
    repeat(next);
    code.overLanes(VMAXPS, MOST, SWAPPED);

    next = begin();
    code.vector(VMOVUPS, ExponentialCode.X, wide);
    code.vector(VSUBPS, ExponentialCode.X, ExponentialCode.X, MOST);
    code.vector(VMULPS, ExponentialCode.X, ExponentialCode.X, SCALE);
    exponential.write();
    code.store(VMOVUPS_STORE, wide, ExponentialCode.RESULT);
    code.vector(VADDPS, SUM, SUM, ExponentialCode.RESULT);
    repeat(next);
    code.overLanes(VADDPS, SUM, SWAPPED);
    code.vector(VDIVPS, SHARE, exponential.one(), SUM);

    code.move(R10, RDI);
    next = begin();
    code.vector(VMULPS, 0, SHARE, wide);
    code.vector(VCVTNEPS2BF16, 0, 0);
    code.storeLowerHalf(VMOVDQU_STORE, score, 0);
    code.add(R10, Assembler.AVX512 / 2);
    repeat(next);
    code.end();
    return code.code();
  }

  /// Begins a loop over the vectors.
  private int begin() {
    code.move(R11, RDX);
    code.move(Register.RAX, RSI);
    return code.here();
  }

  private void repeat(int place) {
    code.add(RSI, Assembler.AVX512);
    code.decrement(R11);
    code.jumpIfNotZero(place);
    code.move(RSI, Register.RAX);
  }
}
