package llava4j.checkpoint.gguf;

/// Unpacks ggml's "K" blocks: 256 values in groups of 16 or 32. The scale of a group is a small
/// integer times one F16 per block. Scales and minimums are stored per group in the
/// [UnpackedBlock].
final class KBlockUnpacker {
  private static final int LOW_TWO_BITS = 0x03030303;
  private static final int LOW_FOUR_BITS = 0x0F0F0F0F;

  private KBlockUnpacker() {}

  /// 16 bytes (scale in the low nibble, minimum in the high one), 64 bytes of two-bit numbers, F16
  /// scale of scales, F16 scale of minimums.
  static void q2(byte[] blocks, int at, UnpackedBlock out) {
    float scaleOfScales = BlockUnpacker.half(blocks, at + 80);
    float scaleOfMinimums = BlockUnpacker.half(blocks, at + 82);
    for (int group = 0; group < 16; group++) {
      int packed = blocks[at + group];
      out.scales[group] = scaleOfScales * (packed & 15);
      out.minimums[group] = -(scaleOfMinimums * ((packed >> 4) & 15));
      int bytes = at + 16 + group / 8 * 32 + group % 2 * 16;
      int shift = group % 8 / 2 * 2;
      for (int i = 0; i < 16; i++) {
        out.numbers[group * 16 + i] = (byte) ((blocks[bytes + i] >> shift) & 3);
      }
    }
  }

  /// 32 bytes of third bits, 64 bytes of low bits in twos, 12 bytes of six-bit scales, F16 scale of
  /// scales.
  static void q3(byte[] blocks, int at, UnpackedBlock out) {
    float scaleOfScales = BlockUnpacker.half(blocks, at + 108);
    int[] scales = q3Scales(blocks, at + 96);
    for (int group = 0; group < 16; group++) {
      int packed = (scales[group / 4] >> (group % 4 * 8)) & 255;
      out.scales[group] = scaleOfScales * (packed - 32);
      int bytes = at + 32 + group / 8 * 32 + group % 2 * 16;
      int highBytes = at + group % 2 * 16;
      int shift = group % 8 / 2 * 2;
      int highBit = group / 2;
      for (int i = 0; i < 16; i++) {
        int low = (blocks[bytes + i] >> shift) & 3;
        int absent = ((blocks[highBytes + i] >> highBit) & 1) == 0 ? 4 : 0;
        out.numbers[group * 16 + i] = (byte) (low - absent);
      }
    }
  }

  /// Sixteen six-bit scales, four to an int: eight bytes hold the low nibbles, four bytes the high
  /// pairs of bits.
  private static int[] q3Scales(byte[] blocks, int at) {
    int first = BlockUnpacker.int32(blocks, at);
    int second = BlockUnpacker.int32(blocks, at + 4);
    int high = BlockUnpacker.int32(blocks, at + 8);
    return new int[] {
      (first & LOW_FOUR_BITS) | (high & LOW_TWO_BITS) << 4,
      (second & LOW_FOUR_BITS) | ((high >> 2) & LOW_TWO_BITS) << 4,
      ((first >> 4) & LOW_FOUR_BITS) | ((high >> 4) & LOW_TWO_BITS) << 4,
      ((second >> 4) & LOW_FOUR_BITS) | ((high >> 6) & LOW_TWO_BITS) << 4
    };
  }

  /// F16 scale of scales, F16 scale of minimums, 12 bytes of six-bit scales and minimums, 128 bytes
  /// of nibbles: each 32 bytes hold one group in the low and the next in the high nibbles.
  static void q4(byte[] blocks, int at, UnpackedBlock out) {
    float scaleOfScales = BlockUnpacker.half(blocks, at);
    float scaleOfMinimums = BlockUnpacker.half(blocks, at + 2);
    for (int group = 0; group < 8; group++) {
      out.scales[group] = scaleOfScales * sixBitScale(blocks, at + 4, group);
      out.minimums[group] = -(scaleOfMinimums * sixBitMinimum(blocks, at + 4, group));
      int bytes = at + 16 + group / 2 * 32;
      int shift = group % 2 * 4;
      for (int i = 0; i < 32; i++) {
        out.numbers[group * 32 + i] = (byte) ((blocks[bytes + i] >> shift) & 15);
      }
    }
  }

  /// As [#q4], with 32 bytes of fifth bits (bit n for group n) before the nibbles.
  static void q5(byte[] blocks, int at, UnpackedBlock out) {
    float scaleOfScales = BlockUnpacker.half(blocks, at);
    float scaleOfMinimums = BlockUnpacker.half(blocks, at + 2);
    for (int group = 0; group < 8; group++) {
      out.scales[group] = scaleOfScales * sixBitScale(blocks, at + 4, group);
      out.minimums[group] = -(scaleOfMinimums * sixBitMinimum(blocks, at + 4, group));
      int bytes = at + 48 + group / 2 * 32;
      int shift = group % 2 * 4;
      for (int i = 0; i < 32; i++) {
        int high = ((blocks[at + 16 + i] >> group) & 1) << 4;
        out.numbers[group * 32 + i] = (byte) (((blocks[bytes + i] >> shift) & 15) | high);
      }
    }
  }

  /// 128 bytes of low nibbles, 64 bytes of high pairs of bits, 16 signed scales, F16 scale of
  /// scales.
  static void q6(byte[] blocks, int at, UnpackedBlock out) {
    float scaleOfScales = BlockUnpacker.half(blocks, at + 208);
    for (int group = 0; group < 16; group++) {
      out.scales[group] = scaleOfScales * blocks[at + 192 + group];
      int half = group / 8;
      int quarter = group % 8 / 2;
      int lowBytes = at + half * 64 + quarter % 2 * 32 + group % 2 * 16;
      int lowShift = quarter / 2 * 4;
      int highBytes = at + 128 + half * 32 + group % 2 * 16;
      int highShift = quarter * 2;
      for (int i = 0; i < 16; i++) {
        int low = (blocks[lowBytes + i] >> lowShift) & 15;
        int high = ((blocks[highBytes + i] >> highShift) & 3) << 4;
        out.numbers[group * 16 + i] = (byte) ((low | high) - 32);
      }
    }
  }

  /// The first four groups have their six bits in one byte, the others theirs in two.
  private static int sixBitScale(byte[] blocks, int at, int group) {
    return group < 4
        ? blocks[at + group] & 63
        : (blocks[at + group + 4] & 15) | ((blocks[at + group - 4] >> 6) & 3) << 4;
  }

  private static int sixBitMinimum(byte[] blocks, int at, int group) {
    return group < 4
        ? blocks[at + group + 4] & 63
        : ((blocks[at + group + 4] >> 4) & 15) | ((blocks[at + group] >> 6) & 3) << 4;
  }
}
