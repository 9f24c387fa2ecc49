package llava4j.quant;

import static llava4j.assembly.Instruction.VADDPS;
import static llava4j.assembly.Instruction.VCVTNEPS2BF16;
import static llava4j.assembly.Instruction.VCVTPH2PS;
import static llava4j.assembly.Instruction.VDIVPS;
import static llava4j.assembly.Instruction.VFMADD231PS;
import static llava4j.assembly.Instruction.VMINPS;
import static llava4j.assembly.Instruction.VMOVDQU_STORE;
import static llava4j.assembly.Instruction.VMOVUPS;
import static llava4j.assembly.Instruction.VMOVUPS_STORE;
import static llava4j.assembly.Instruction.VMULPS;
import static llava4j.assembly.Instruction.VPAND;
import static llava4j.assembly.Instruction.VPANDN;
import static llava4j.assembly.Instruction.VPOR;
import static llava4j.assembly.Instruction.VPXOR;
import static llava4j.assembly.Instruction.VSQRTPS;
import static llava4j.assembly.Instruction.VSUBPS;
import static llava4j.assembly.Register.R10;
import static llava4j.assembly.Register.R11;
import static llava4j.assembly.Register.R8;
import static llava4j.assembly.Register.R9;
import static llava4j.assembly.Register.RCX;
import static llava4j.assembly.Register.RDI;
import static llava4j.assembly.Register.RDX;
import static llava4j.assembly.Register.RSI;

import llava4j.assembly.Assembler;
import llava4j.assembly.InstructionSet;
import llava4j.assembly.Memory;
import llava4j.assembly.Register;

/// Writes the functions of [RowKernels], and those that change the type of numbers.
final class RowCode {
  private static final int SIGN_BITS = 31;

  private RowCode() {}

  /// A function of rows [rows, dim], `weight`, the place of the results, and the number of rows:
  /// see [RowKernels#rmsNorm].
  ///
  /// @param dim a multiple of 16
  static byte[] rmsNorm(int dim, float eps) {
    int first = 0;
    int second = 1;
    int other = 2;
    int count = 3;
    int added = 4;
    int one = 5;
    int vector = Assembler.AVX2;
    Assembler code = new Assembler(vector);
    code.repeat(count, Float.floatToIntBits(dim));
    code.repeat(added, Float.floatToIntBits(eps));
    code.repeat(one, Float.floatToIntBits(1));
    int nextRow = code.here();
    code.vector(VPXOR, first, first, first);
    code.vector(VPXOR, second, second, second);
    code.move(R10, RDI);
    code.set(R11, dim * Float.BYTES / (2 * vector));
    int next = code.here();
    code.vector(VMOVUPS, other, new Memory(R10, 0));
    code.vector(VFMADD231PS, first, other, other);
    code.vector(VMOVUPS, other, new Memory(R10, vector));
    code.vector(VFMADD231PS, second, other, other);
    code.add(R10, 2 * vector);
    code.decrement(R11);
    code.jumpIfNotZero(next);
    code.vector(VADDPS, first, first, second);
    code.overLanes(VADDPS, first, other);
    code.vector(VDIVPS, first, first, count);
    code.vector(VADDPS, first, first, added);
    code.vector(VSQRTPS, first, first);
    code.vector(VDIVPS, first, one, first);
    code.move(R10, RSI);
    code.set(R11, dim * Float.BYTES / vector);
    next = code.here();
    code.vector(VMULPS, second, first, new Memory(RDI, 0));
    code.vector(VMULPS, second, second, new Memory(R10, 0));
    code.store(VMOVUPS_STORE, new Memory(RDX, 0), second);
    advance(code, vector, RDI, R10, RDX);
    code.decrement(R11);
    code.jumpIfNotZero(next);
    code.decrement(RCX);
    code.jumpIfNotZero(nextRow);
    code.end();
    return code.code();
  }

  /// A function of one head's numbers for the first token, the place of the results [tokens,
  /// headDim], cosines and sines [tokens, headDim], the number of tokens, and the bytes from a
  /// token's numbers to the next one's: see [RowKernels#rotate]. Results may take the place of the
  /// numbers.
  ///
  /// @param headDim a multiple of 16
  static byte[] rotate(int headDim) {
    int vector = Assembler.AVX2;
    int half = headDim / 2 * Float.BYTES;
    int head = headDim * Float.BYTES;
    Assembler code = new Assembler(vector);
    int next = code.here();
    for (int at = 0; at < half; at += vector) {
      code.vector(VMOVUPS, 0, new Memory(RDI, at));
      code.vector(VMOVUPS, 1, new Memory(RDI, half + at));
      code.vector(VMULPS, 2, 0, new Memory(RDX, at));
      code.vector(VMULPS, 3, 1, new Memory(RCX, at));
      code.vector(VSUBPS, 2, 2, 3);
      code.store(VMOVUPS_STORE, new Memory(RSI, at), 2);
      code.vector(VMULPS, 1, 1, new Memory(RDX, half + at));
      code.vector(VMULPS, 0, 0, new Memory(RCX, half + at));
      code.vector(VADDPS, 1, 1, 0);
      code.store(VMOVUPS_STORE, new Memory(RSI, half + at), 1);
    }
    code.add(RDI, R9);
    advance(code, head, RSI, RDX, RCX);
    code.decrement(R8);
    code.jumpIfNotZero(next);
    code.end();
    return code.code();
  }

  /// A function of the gates, what is multiplied with them, and the number of vectors of `set`: see
  /// [RowKernels#swiGlu].
  static byte[] swiGlu(InstructionSet set) {
    Assembler code = new Assembler(set.width());
    ExponentialCode exponential = new ExponentialCode(code);
    int x = ExponentialCode.X;
    int other = ExponentialCode.OTHER;
    int e = ExponentialCode.RESULT;
    int one = exponential.one();
    Memory gate = new Memory(RDI, 0);
    int next = code.here();
    code.vector(VMOVUPS, x, gate);
    code.vector(VPXOR, other, other, other);
    code.vector(VSUBPS, other, other, x);
    code.vector(VMINPS, x, x, other); // -|x|
    exponential.write();
    code.vector(VMOVUPS, x, gate);
    code.shiftRightSigned(other, x, SIGN_BITS); // all bits where the gate is negative
    code.vector(VPAND, x, other, e);
    code.vector(VPANDN, other, other, one);
    code.vector(VPOR, x, x, other);
    code.vector(VADDPS, other, e, one);
    code.vector(VDIVPS, x, x, other); // (gate < 0 ? e : 1) / (e + 1)
    code.vector(VMULPS, x, x, gate);
    code.vector(VMULPS, x, x, new Memory(RSI, 0));
    code.store(VMOVUPS_STORE, gate, x);
    advance(code, set.width(), RDI, RSI);
    code.decrement(RDX);
    code.jumpIfNotZero(next);
    code.end();
    return code.code();
  }

  /// A function of numbers, F16, the place for them in bf16, and how many sixteens there are. For
  /// processors with bf16.
  static byte[] bfloats() {
    Assembler code = new Assembler(Assembler.AVX512);
    int next = code.here();
    code.vector(VCVTPH2PS, 0, new Memory(RDI, 0));
    code.vector(VCVTNEPS2BF16, 0, 0);
    code.storeLowerHalf(VMOVDQU_STORE, new Memory(RSI, 0), 0);
    advance(code, Assembler.AVX512 / 2, RDI, RSI);
    code.decrement(RDX);
    code.jumpIfNotZero(next);
    code.end();
    return code.code();
  }

  private static void advance(Assembler code, int bytes, Register... registers) {
    for (Register register : registers) {
      code.add(register, bytes);
    }
  }
}
