package llava4j.checkpoint.gguf;

import llava4j.quant.BlockMatrix.Layout;

/// Decodes quantised blocks to floats. The arithmetic is in F32 and in ggml's order, so that the
/// results are identical to the last bit.
final class BlockDecoder {
  /// A table with the low nibble of each byte minus 8, then the high nibbles. A look-up takes half
  /// the time of shifting and converting.
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
  /// @param out one float per value
  static void decode(GgmlType type, byte[] blocks, int numBlocks, float[] out) {
    Layout layout =
        GgufBlocks.layout(type)
            .orElseThrow(() -> new IllegalArgumentException(type + " is not decoded"));
    UnpackedBlock unpacked = new UnpackedBlock();
    for (int block = 0; block < numBlocks; block++) {
      int at = block * type.blockBytes();
      int to = block * type.blockValues();
      if (type == GgmlType.Q4_0) {
        q4With0(blocks, at, out, to);
        continue;
      }
      BlockUnpacker.unpack(type, blocks, at, unpacked);
      for (int first = 0; first < type.blockValues(); first += layout.blockValues()) {
        group(unpacked, first, layout, out, to);
      }
    }
  }

  private static void group(UnpackedBlock block, int first, Layout layout, float[] out, int to) {
    float scale = block.scales[first / layout.blockValues()];
    if (layout.hasMinimums()) {
      float minimum = block.minimums[first / layout.blockValues()];
      for (int i = first; i < first + layout.blockValues(); i++) {
        out[to + i] = scale * block.numbers[i] + minimum;
      }
    } else {
      for (int i = first; i < first + layout.blockValues(); i++) {
        out[to + i] = scale * block.numbers[i];
      }
    }
  }

  /// F16 scale, 16 bytes of nibbles: low ones first, then high ones. The most common type.
  private static void q4With0(byte[] blocks, int at, float[] out, int to) {
    float scale = BlockUnpacker.half(blocks, at);
    for (int i = 0; i < 16; i++) {
      int pair = blocks[at + 2 + i] & 255;
      out[to + i] = NIBBLES[pair] * scale;
      out[to + 16 + i] = NIBBLES[256 + pair] * scale;
    }
  }
}
