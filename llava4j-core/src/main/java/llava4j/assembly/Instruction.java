package llava4j.assembly;

/// The instructions on vectors that [Assembler] knows, with Intel's names. One name stands for the
/// form with a VEX prefix (AVX2) and the one with an EVEX prefix (AVX-512), whose opcodes are
/// equal.
public enum Instruction {
  VMOVUPS(Prefix.NONE, 1, 0x10),
  VMOVUPS_STORE(Prefix.NONE, 1, 0x11),
  VMOVDQU(Prefix.F3, 1, 0x6F),
  VMOVDQU_STORE(Prefix.F3, 1, 0x7F),

  /// Stores the lowest number.
  VMOVSS_STORE(Prefix.F3, 1, 0x11),

  /// Stores the lowest number.
  VMOVD_STORE(Prefix.OPERAND, 1, 0x7E),

  /// Loads the lowest 64 bits from a register.
  VMOVQ(Prefix.OPERAND, 1, 0x6E),

  VPBROADCASTD(Prefix.OPERAND, 2, 0x58),
  VBROADCASTSS(Prefix.OPERAND, 2, 0x18),
  VPMOVZXBD(Prefix.OPERAND, 2, 0x31),
  VPMOVZXWD(Prefix.OPERAND, 2, 0x33),
  VCVTPH2PS(Prefix.OPERAND, 2, 0x13),

  /// Stores half as many bytes, with a number that says how to round.
  VCVTPS2PH_STORE(Prefix.OPERAND, 3, 0x1D),

  /// Rounds F32 to half its bytes, bf16. AVX-512 only.
  VCVTNEPS2BF16(Prefix.F3, 2, 0x72),

  VPAND(Prefix.OPERAND, 1, 0xDB),
  VPOR(Prefix.OPERAND, 1, 0xEB),
  VPXOR(Prefix.OPERAND, 1, 0xEF),

  /// The first operand inverted, and the second.
  VPANDN(Prefix.OPERAND, 1, 0xDF),

  VPCMPGTD(Prefix.OPERAND, 1, 0x66),
  VPMAXSD(Prefix.OPERAND, 2, 0x3D),
  VPADDD(Prefix.OPERAND, 1, 0xFE),
  VPADDW(Prefix.OPERAND, 1, 0xFD),
  VPSUBD(Prefix.OPERAND, 1, 0xFA),
  VPMADDUBSW(Prefix.OPERAND, 2, 0x04),
  VPMADDWD(Prefix.OPERAND, 1, 0xF5),
  VPDPBUSD(Prefix.OPERAND, 2, 0x50),

  VPACKSSDW(Prefix.OPERAND, 1, 0x6B),
  VPACKSSWB(Prefix.OPERAND, 1, 0x63),
  VPUNPCKLQDQ(Prefix.OPERAND, 1, 0x6C),
  VPSHUFB(Prefix.OPERAND, 2, 0x00),
  VPERMD(Prefix.OPERAND, 2, 0x36),

  /// With a number that says which places are taken.
  VPSHUFD(Prefix.OPERAND, 1, 0x70),

  /// With a number that says which places are taken.
  VPERMQ(Prefix.OPERAND, 3, 0x00),

  /// With a number that says which quarters of both operands are taken. AVX-512 only.
  VSHUFF64X2(Prefix.OPERAND, 3, 0x23),

  VCVTDQ2PS(Prefix.NONE, 1, 0x5B),
  VCVTPS2DQ(Prefix.OPERAND, 1, 0x5B),
  VADDPS(Prefix.NONE, 1, 0x58),
  VMULPS(Prefix.NONE, 1, 0x59),
  VSUBPS(Prefix.NONE, 1, 0x5C),
  VDIVPS(Prefix.NONE, 1, 0x5E),
  VSQRTPS(Prefix.NONE, 1, 0x51),

  /// The right operand, if one of them is NaN.
  VMINPS(Prefix.NONE, 1, 0x5D),

  /// The right operand, if one of them is NaN.
  VMAXPS(Prefix.NONE, 1, 0x5F),

  /// `to = left · to + right`.
  VFMADD213PS(Prefix.OPERAND, 2, 0xA8),

  /// `to = left · right + to`.
  VFMADD231PS(Prefix.OPERAND, 2, 0xB8);

  /// The prefix byte that the opcode has in older encodings.
  enum Prefix {
    NONE(0),

    /// 66
    OPERAND(1),

    F3(2);

    private final int code;

    Prefix(int code) {
      this.code = code;
    }

    /// What VEX and EVEX say instead.
    int code() {
      return code;
    }
  }

  private final Prefix prefix;
  private final int map;
  private final int opcode;

  Instruction(Prefix prefix, int map, int opcode) {
    this.prefix = prefix;
    this.map = map;
    this.opcode = opcode;
  }

  Prefix prefix() {
    return prefix;
  }

  /// The table of opcodes: 0F, 0F 38 or 0F 3A.
  int map() {
    return map;
  }

  int opcode() {
    return opcode;
  }

  /// Whether operands are of 64 bits (the bit W).
  boolean isLong() {
    return this == VMOVQ || this == VPERMQ || this == VSHUFF64X2;
  }

  /// Bytes of the memory that is read, in vectors of `width` bytes.
  int memoryBytes(int width) {
    return switch (this) {
      case VPBROADCASTD, VBROADCASTSS, VMOVSS_STORE, VMOVD_STORE -> Integer.BYTES;
      case VCVTPH2PS, VCVTPS2PH_STORE, VPMOVZXWD -> width / 2;
      default -> width;
    };
  }
}
