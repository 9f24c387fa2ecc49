package llava4j.checkpoint.gguf;

/// From quantised blocks to floats. Formulas and layouts are ggml's; arithmetic is in F32 and in
/// ggml's order, so that results agree to the last bit.
final class BlockDecoder {
  /// The low nibble of each byte less 8, then the high ones: looked up in half the time that
  /// shifting and converting takes.
  private static final float[] NIBBLES = nibbles();

  private BlockDecoder() {}

  private static float[] nibbles() {
    float[] values = new float[512];
    for (int pair = 0; pair < 256; pair++) {
      values[pair] = (pair & 15) - 8;
      values[256 + pair] = (pair >> 4) - 8;
    }
    return values;
  }

  /// Decodes the first `numBlocks` of `blocks`.
  ///
  /// @param out one float for each number in them
  static void decode(GgmlType type, byte[] blocks, int numBlocks, float[] out) {
    for (int block = 0; block < numBlocks; block++) {
      int at = block * type.blockBytes();
      int to = block * type.blockValues();
      switch (type) {
        case Q4_0 -> q4With0(blocks, at, out, to);
        case Q4_1 -> q4With1(blocks, at, out, to);
        case Q5_0 -> q5With0(blocks, at, out, to);
        case Q5_1 -> q5With1(blocks, at, out, to);
        case Q8_0 -> q8With0(blocks, at, out, to);
        case Q2_K -> KBlockDecoder.q2(blocks, at, out, to);
        case Q3_K -> KBlockDecoder.q3(blocks, at, out, to);
        case Q4_K -> KBlockDecoder.q4(blocks, at, out, to);
        case Q5_K -> KBlockDecoder.q5(blocks, at, out, to);
        case Q6_K -> KBlockDecoder.q6(blocks, at, out, to);
        case F32, F16, BF16, I8, I16, I32, I64, F64, Q8_1, Q8_K ->
            throw new IllegalArgumentException(type + " is not decoded");
        case IQ2_XXS, IQ2_XS, IQ3_XXS, IQ1_S, IQ4_NL, IQ3_S, IQ2_S, IQ4_XS, IQ1_M ->
            throw new IllegalArgumentException(type + " is not decoded");
        case TQ1_0, TQ2_0, MXFP4 -> throw new IllegalArgumentException(type + " is not decoded");
      }
    }
  }

  /// F16 scale, 16 bytes of nibbles: low ones first, then high ones.
  private static void q4With0(byte[] blocks, int at, float[] out, int to) {
    float scale = half(blocks, at);
    for (int i = 0; i < 16; i++) {
      int pair = blocks[at + 2 + i] & 255;
      out[to + i] = NIBBLES[pair] * scale;
      out[to + 16 + i] = NIBBLES[256 + pair] * scale;
    }
  }

  /// F16 scale, F16 minimum, nibbles.
  private static void q4With1(byte[] blocks, int at, float[] out, int to) {
    float scale = half(blocks, at);
    float minimum = half(blocks, at + 2);
    for (int i = 0; i < 16; i++) {
      int pair = blocks[at + 4 + i];
      out[to + i] = (pair & 15) * scale + minimum;
      out[to + 16 + i] = ((pair >> 4) & 15) * scale + minimum;
    }
  }

  /// F16 scale, the 32 fifth bits, nibbles.
  private static void q5With0(byte[] blocks, int at, float[] out, int to) {
    float scale = half(blocks, at);
    int high = int32(blocks, at + 2);
    for (int i = 0; i < 16; i++) {
      int pair = blocks[at + 6 + i];
      out[to + i] = (((pair & 15) | ((high >> i) & 1) << 4) - 16) * scale;
      out[to + 16 + i] = ((((pair >> 4) & 15) | ((high >> (i + 16)) & 1) << 4) - 16) * scale;
    }
  }

  /// F16 scale, F16 minimum, the 32 fifth bits, nibbles.
  private static void q5With1(byte[] blocks, int at, float[] out, int to) {
    float scale = half(blocks, at);
    float minimum = half(blocks, at + 2);
    int high = int32(blocks, at + 4);
    for (int i = 0; i < 16; i++) {
      int pair = blocks[at + 8 + i];
      out[to + i] = ((pair & 15) | ((high >> i) & 1) << 4) * scale + minimum;
      out[to + 16 + i] = (((pair >> 4) & 15) | ((high >> (i + 16)) & 1) << 4) * scale + minimum;
    }
  }

  /// F16 scale, 32 signed bytes.
  private static void q8With0(byte[] blocks, int at, float[] out, int to) {
    float scale = half(blocks, at);
    for (int i = 0; i < 32; i++) {
      out[to + i] = blocks[at + 2 + i] * scale;
    }
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
