package llava4j.assembly;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// What a processor of the family x86-64 computes products of bytes with, the fastest first.
public enum InstructionSet {
  /// Vectors of 64 bytes, and an instruction that sums four products of bytes.
  AVX512_VNNI(Assembler.AVX512),

  /// The same with vectors of 32 bytes.
  AVX_VNNI(Assembler.AVX2),

  /// Vectors of 32 bytes, and products of bytes in sums of two that have 16 bits.
  AVX2(Assembler.AVX2);

  private final int width;

  InstructionSet(int width) {
    this.width = width;
  }

  /// What a processor must have, as Linux names it.
  private List<String> flags() {
    return switch (this) {
      case AVX512_VNNI -> List.of("avx2", "fma", "f16c", "avx512f", "avx512_vnni");
      case AVX_VNNI -> List.of("avx2", "fma", "f16c", "avx_vnni");
      case AVX2 -> List.of("avx2", "fma", "f16c");
    };
  }

  /// Bytes of a vector.
  public int width() {
    return width;
  }

  /// Whether an instruction sums four products of bytes.
  public boolean sumsFourProducts() {
    return this != AVX2;
  }

  /// Those that a processor has.
  ///
  /// @param present flags of instructions, as Linux names them
  public static List<InstructionSet> of(List<String> present) {
    return Arrays.stream(values()).filter(set -> present.containsAll(set.flags())).toList();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
