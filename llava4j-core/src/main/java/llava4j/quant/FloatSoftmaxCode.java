package llava4j.quant;

import static llava4j.assembly.Instruction.VADDPS;
import static llava4j.assembly.Instruction.VDIVPS;
import static llava4j.assembly.Instruction.VMAXPS;
import static llava4j.assembly.Instruction.VMOVUPS;
import static llava4j.assembly.Instruction.VMOVUPS_STORE;
import static llava4j.assembly.Instruction.VMULPS;
import static llava4j.assembly.Instruction.VPXOR;
import static llava4j.assembly.Instruction.VSUBPS;
import static llava4j.assembly.Register.R10;
import static llava4j.assembly.Register.R11;
import static llava4j.assembly.Register.RCX;
import static llava4j.assembly.Register.RDI;
import static llava4j.assembly.Register.RDX;

import llava4j.assembly.Assembler;
import llava4j.assembly.Memory;

/// Writes the function that makes weights, which add up to one, of a row's scores in fp32. With
/// AVX2 the exponential needs all registers, so what lasts longer is kept in memory.
final class FloatSoftmaxCode {
  /// Vectors that the function needs to note something in.
  static final int NOTES = 3;

  private static final int FIRST = 0;
  private static final int SECOND = 1;

  private final Assembler code;
  private final float scale;
  private final Memory most;
  private final Memory factor;
  private final Memory sum;

  private FloatSoftmaxCode(int width, float scale) {
    this.code = new Assembler(width);
    this.scale = scale;
    this.most = new Memory(RCX, 0);
    this.factor = new Memory(RCX, width);
    this.sum = new Memory(RCX, 2 * width);
  }

  /// A function of the number of vectors, a number that it does not look at, the scores, and a
  /// place for [#NOTES] vectors. Scores that are not seen must be minus infinity.
  ///
  /// @param width bytes of a vector
  /// @param scale what scores are multiplied with
  static byte[] of(int width, float scale) {
    return new FloatSoftmaxCode(width, scale).write();
  }

  private byte[] write() {
    Memory score = new Memory(R10, 0);
    code.repeat(SECOND, Float.floatToIntBits(scale));
    code.store(VMOVUPS_STORE, factor, SECOND);
    code.vector(VPXOR, SECOND, SECOND, SECOND);
    code.store(VMOVUPS_STORE, sum, SECOND);
    code.repeat(SECOND, Float.floatToIntBits(Float.NEGATIVE_INFINITY));
    int next = begin();
    code.vector(VMAXPS, SECOND, SECOND, score);
    repeat(next);
    code.overLanes(VMAXPS, SECOND, FIRST);
    code.store(VMOVUPS_STORE, most, SECOND);

    ExponentialCode exponential = new ExponentialCode(code);
    next = begin();
    code.vector(VMOVUPS, ExponentialCode.X, score);
    code.vector(VSUBPS, ExponentialCode.X, ExponentialCode.X, most);
    code.vector(VMULPS, ExponentialCode.X, ExponentialCode.X, factor);
    exponential.write();
    code.store(VMOVUPS_STORE, score, ExponentialCode.RESULT);
    code.vector(VADDPS, ExponentialCode.RESULT, ExponentialCode.RESULT, sum);
    code.store(VMOVUPS_STORE, sum, ExponentialCode.RESULT);
    repeat(next);

    code.vector(VMOVUPS, SECOND, sum);
    code.overLanes(VADDPS, SECOND, FIRST);
    code.vector(VDIVPS, SECOND, exponential.one(), SECOND);
    next = begin();
    code.vector(VMULPS, FIRST, SECOND, score);
    code.store(VMOVUPS_STORE, score, FIRST);
    repeat(next);
    code.end();
    return code.code();
  }

  /// Begins a loop over the vectors.
  private int begin() {
    code.move(R10, RDX);
    code.move(R11, RDI);
    return code.here();
  }

  private void repeat(int place) {
    code.add(R10, code.width());
    code.decrement(R11);
    code.jumpIfNotZero(place);
  }
}
