package llava4j.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// Bytes that GNU's disassembler reads as the instructions in the comments.
class AssemblerTest {
  private static final Memory NEAR = new Memory(Register.R10, 0x24);

  @Test
  void instructionsOfAvx512() {
    assertBytes(
        Assembler.AVX512,
        "62 52 7d 48 58 62 09", // vpbroadcastd zmm12, [r10+0x24]
        code -> code.vector(Instruction.VPBROADCASTD, 12, NEAR));
    assertBytes(
        Assembler.AVX512,
        "62 f1 7e 48 6f 4f 01", // vmovdqu32 zmm1, [rdi+0x40]
        code -> code.vector(Instruction.VMOVDQU, 1, new Memory(Register.RDI, 64)));
    assertBytes(
        Assembler.AVX512,
        "62 41 05 48 db ff", // vpandd zmm31, zmm15, zmm15
        code -> code.vector(Instruction.VPAND, 31, 15, 15));
    assertBytes(
        Assembler.AVX512,
        "62 11 25 48 db d7", // vpandd zmm10, zmm11, zmm31
        code -> code.vector(Instruction.VPAND, 10, 11, 31));
    assertBytes(
        Assembler.AVX512,
        "62 d1 25 48 72 d3 04", // vpsrld zmm11, zmm11, 4
        code -> code.shiftRight(11, 11, 4));
    assertBytes(
        Assembler.AVX512,
        "62 d2 3d 48 50 e4", // vpdpbusd zmm4, zmm8, zmm12
        code -> code.vector(Instruction.VPDPBUSD, 4, 8, 12));
    assertBytes(
        Assembler.AVX512,
        "b8 0f 0f 0f 0f c4 e1 79 6e c0 62 62 7d 48 58 f8", // mov, vmovd, vpbroadcastd zmm31, xmm0
        code -> code.repeat(31, 0x0F0F0F0F));
  }

  @Test
  void registersAndJumps() {
    assertBytes(
        Assembler.AVX2, "49 89 f2", code -> code.move(Register.R10, Register.RSI)); // mov r10, rsi
    assertBytes(
        Assembler.AVX2, "4d 89 cb", code -> code.move(Register.R11, Register.R9)); // mov r11, r9
    assertBytes(
        Assembler.AVX2,
        "49 ff cb 0f 85 f7 ff ff ff", // here: dec r11; jnz here
        code -> {
          int here = code.here();
          code.decrement(Register.R11);
          code.jumpIfNotZero(here);
        });
    assertBytes(Assembler.AVX2, "c5 f8 77 c3", Assembler::end); // vzeroupper; ret
  }

  @Test
  void lanesAreCombined() {
    assertBytes(
        Assembler.AVX512,
        "62 f3 f5 48 23 d1 4e", // vshuff64x2 zmm2, zmm1, zmm1, 0x4e
        code -> code.overLanes(Instruction.VADDPS, 1, 2),
        7);
    assertBytes(
        Assembler.AVX512,
        "62 f2 7e 48 72 c0", // vcvtneps2bf16 ymm0, zmm0
        code -> code.vector(Instruction.VCVTNEPS2BF16, 0, 0));
    assertBytes(
        Assembler.AVX512,
        "c4 c1 7e 7f 42 24", // vmovdqu [r10+0x24], ymm0
        code -> code.storeLowerHalf(Instruction.VMOVDQU_STORE, NEAR, 0));
    assertBytes(
        Assembler.AVX512,
        "62 d2 7d 48 33 42 01", // vpmovzxwd zmm0, [r10+0x20]
        code -> code.vector(Instruction.VPMOVZXWD, 0, new Memory(Register.R10, 32)));
    assertBytes(
        Assembler.AVX2,
        "c4 e1 75 72 e0 1f", // vpsrad ymm1, ymm0, 31
        code -> code.shiftRightSigned(1, 0, 31));
    assertBytes(
        Assembler.AVX2,
        "c4 c2 05 a8 ce", // vfmadd213ps ymm1, ymm15, ymm14
        code -> code.vector(Instruction.VFMADD213PS, 1, 15, 14));
    assertBytes(
        Assembler.AVX2,
        "49 c7 c3 00 01 00 00", // mov r11, 256
        code -> code.set(Register.R11, 256));
    Assembler narrow = new Assembler(Assembler.AVX2);
    assertThatThrownBy(() -> narrow.storeLowerHalf(Instruction.VMOVDQU_STORE, NEAR, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void vectorsHaveOneOfTwoWidths() {
    assertThatThrownBy(() -> new Assembler(16)).isInstanceOf(IllegalArgumentException.class);
    Assembler narrow = new Assembler(Assembler.AVX2);
    assertThatThrownBy(() -> narrow.vectorOfRepeated(Instruction.VMULPS, 1, 2, NEAR))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aSetNeedsAllOfItsFlags() {
    assertThat(InstructionSet.of(List.of("avx2", "fma"))).isEmpty();
    assertThat(InstructionSet.of(List.of("avx2", "fma", "f16c")))
        .containsExactly(InstructionSet.AVX2);
    assertThat(InstructionSet.of(List.of("avx2", "fma", "f16c", "avx512f", "avx512_vnni")))
        .containsExactly(InstructionSet.AVX512_VNNI, InstructionSet.AVX2);
  }

  private static void assertBytes(int width, String bytes, Consumer<Assembler> written) {
    assertBytes(width, bytes, written, Integer.MAX_VALUE);
  }

  /// @param most bytes that are compared
  private static void assertBytes(int width, String bytes, Consumer<Assembler> written, int most) {
    Assembler code = new Assembler(width);
    written.accept(code);
    byte[] all = code.code();
    assertThat(HexFormat.ofDelimiter(" ").formatHex(all, 0, Math.min(most, all.length)))
        .isEqualTo(bytes);
  }
}
