package llava4j.checkpoint.gguf;

/// Unpacks quantised blocks. The layouts are those of ggml.
final class BlockUnpacker {
  private BlockUnpacker() {}

  /// Unpacks the block that begins at `at`.
  ///
  /// @param type a type that [GgufBlocks#layout] supports
  static void unpack(GgmlType type, byte[] blocks, int at, UnpackedBlock out) {
    switch (type) {
      case Q4_0 -> q4With0(blocks, at, out);
      case Q4_1 -> q4With1(blocks, at, out);
      case Q5_0 -> q5With0(blocks, at, out);
      case Q5_1 -> q5With1(blocks, at, out);
      case Q8_0 -> q8With0(blocks, at, out);
      case Q2_K -> KBlockUnpacker.q2(blocks, at, out);
      case Q3_K -> KBlockUnpacker.q3(blocks, at, out);
      case Q4_K -> KBlockUnpacker.q4(blocks, at, out);
      case Q5_K -> KBlockUnpacker.q5(blocks, at, out);
      case Q6_K -> KBlockUnpacker.q6(blocks, at, out);
      case F32, F16, BF16, I8, I16, I32, I64, F64, Q8_1, Q8_K ->
          throw new IllegalArgumentException(type + " is not decoded");
      case IQ2_XXS, IQ2_XS, IQ3_XXS, IQ1_S, IQ4_NL, IQ3_S, IQ2_S, IQ4_XS, IQ1_M ->
          throw new IllegalArgumentException(type + " is not decoded");
      case TQ1_0, TQ2_0, MXFP4 -> throw new IllegalArgumentException(type + " is not decoded");
    }
  }

  /// F16 scale, 16 bytes of nibbles: low ones first, then high ones.
  private static void q4With0(byte[] blocks, int at, UnpackedBlock out) {
    out.scales[0] = half(blocks, at);
    for (int i = 0; i < 16; i++) {
      int pair = blocks[at + 2 + i];
      out.numbers[i] = (byte) ((pair & 15) - 8);
      out.numbers[16 + i] = (byte) (((pair >> 4) & 15) - 8);
    }
  }

  /// F16 scale, F16 minimum, nibbles.
  private static void q4With1(byte[] blocks, int at, UnpackedBlock out) {
    out.scales[0] = half(blocks, at);
    out.minimums[0] = half(blocks, at + 2);
    for (int i = 0; i < 16; i++) {
      int pair = blocks[at + 4 + i];
      out.numbers[i] = (byte) (pair & 15);
      out.numbers[16 + i] = (byte) ((pair >> 4) & 15);
    }
  }

  /// F16 scale, the 32 fifth bits, nibbles.
  private static void q5With0(byte[] blocks, int at, UnpackedBlock out) {
    out.scales[0] = half(blocks, at);
    int high = int32(blocks, at + 2);
    for (int i = 0; i < 16; i++) {
      int pair = blocks[at + 6 + i];
      out.numbers[i] = (byte) (((pair & 15) | ((high >> i) & 1) << 4) - 16);
      out.numbers[16 + i] = (byte) ((((pair >> 4) & 15) | ((high >> (i + 16)) & 1) << 4) - 16);
    }
  }

  /// F16 scale, F16 minimum, the 32 fifth bits, nibbles.
  private static void q5With1(byte[] blocks, int at, UnpackedBlock out) {
    out.scales[0] = half(blocks, at);
    out.minimums[0] = half(blocks, at + 2);
    int high = int32(blocks, at + 4);
    for (int i = 0; i < 16; i++) {
      int pair = blocks[at + 8 + i];
      out.numbers[i] = (byte) ((pair & 15) | ((high >> i) & 1) << 4);
      out.numbers[16 + i] = (byte) (((pair >> 4) & 15) | ((high >> (i + 16)) & 1) << 4);
    }
  }

  /// F16 scale, 32 signed bytes.
  private static void q8With0(byte[] blocks, int at, UnpackedBlock out) {
    out.scales[0] = half(blocks, at);
    System.arraycopy(blocks, at + 2, out.numbers, 0, 32);
  }

  static float half(byte[] blocks, int at) {
    return Float.float16ToFloat((short) ((blocks[at] & 255) | blocks[at + 1] << 8));
  }

  static int int32(byte[] blocks, int at) {
    return (blocks[at] & 255)
        | (blocks[at + 1] & 255) << 8
        | (blocks[at + 2] & 255) << 16
        | blocks[at + 3] << 24;
  }
}
