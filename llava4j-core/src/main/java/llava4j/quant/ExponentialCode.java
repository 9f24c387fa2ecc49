package llava4j.quant;

import static llava4j.assembly.Instruction.VCVTPS2DQ;
import static llava4j.assembly.Instruction.VFMADD213PS;
import static llava4j.assembly.Instruction.VFMADD231PS;
import static llava4j.assembly.Instruction.VMAXPS;
import static llava4j.assembly.Instruction.VMOVUPS;
import static llava4j.assembly.Instruction.VMULPS;
import static llava4j.assembly.Instruction.VPADDD;
import static llava4j.assembly.Instruction.VSUBPS;

import llava4j.assembly.Assembler;

/// Writes e^x into functions, with the bits of [VectorSoftmax#exp]. Needs vector registers 0 to 2
/// and the last 13.
final class ExponentialCode {
  /// Holds x before, and nothing of use after.
  static final int X = 0;

  /// Changed.
  static final int OTHER = 1;

  /// Holds e^x after.
  static final int RESULT = 2;

  private static final int BIAS_OF_EXPONENTS = 127;
  private static final int MANTISSA_BITS = 23;

  private final Assembler code;
  private int next;

  // numbers of the vector registers with constants
  private final int least;
  private final int logarithm;
  private final int rounder;
  private final int high;
  private final int low;
  private final int bias;
  private final int one;
  private final int[] terms = new int[VectorSoftmax.EXP_TERMS.length];

  /// Writes what fills the registers with constants. Changes RAX and vector 0.
  ExponentialCode(Assembler code) {
    this.code = code;
    this.next = code.registers() - 1;
    this.least = constant(VectorSoftmax.LEAST_EXPONENT);
    this.logarithm = constant(VectorSoftmax.LOG2_E);
    this.rounder = constant(VectorSoftmax.ROUNDER);
    this.high = constant(-VectorSoftmax.LN2_HIGH);
    this.low = constant(-VectorSoftmax.LN2_LOW);
    this.one = constant(1);
    this.bias = constantBits(BIAS_OF_EXPONENTS);
    for (int i = 0; i < terms.length; i++) {
      terms[i] = VectorSoftmax.EXP_TERMS[i] == 1 ? one : constant(VectorSoftmax.EXP_TERMS[i]);
    }
  }

  /// A vector of ones.
  int one() {
    return one;
  }

  /// Writes e^x for x of at most 0 or NaN.
  void write() {
    code.vector(VMAXPS, X, least, X); // this way round, NaN stays
    code.vector(VMOVUPS, OTHER, X);
    code.vector(VFMADD213PS, OTHER, logarithm, rounder);
    code.vector(VSUBPS, OTHER, OTHER, rounder);
    code.vector(VFMADD231PS, X, OTHER, high);
    code.vector(VFMADD231PS, X, OTHER, low);
    code.vector(VMOVUPS, RESULT, terms[0]);
    for (int i = 1; i < terms.length; i++) {
      code.vector(VFMADD213PS, RESULT, X, terms[i]);
    }
    code.vector(VCVTPS2DQ, OTHER, OTHER);
    code.vector(VPADDD, OTHER, OTHER, bias);
    code.shiftLeft(OTHER, OTHER, MANTISSA_BITS);
    code.vector(VMULPS, RESULT, RESULT, OTHER);
  }

  private int constant(float value) {
    return constantBits(Float.floatToIntBits(value));
  }

  private int constantBits(int bits) {
    code.repeat(next, bits);
    return next--;
  }
}
