package llava4j.checkpoint.gguf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.stream.IntStream;

/// Quantised blocks to fp32, in the arithmetic of ggml's reference (`dequantize_row_*`).
final class Dequantizer {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /// Blocks that one task takes.
  private static final int CHUNK_BLOCKS = 4096;

  private Dequantizer() {}

  /// One block.
  private interface Block {
    /// @param in place of the block in `source`
    /// @param values [blockElements], written
    void dequantize(MemorySegment source, long in, float[] values);
  }

  /// Dequantises whole blocks, on all cores.
  ///
  /// @param target fp32, as many as `source` has elements
  static void dequantize(GgmlType type, MemorySegment source, MemorySegment target) {
    Block block = block(type);
    int elements = type.blockElements();
    long blocks = source.byteSize() / type.blockBytes();
    long chunks = (blocks + CHUNK_BLOCKS - 1) / CHUNK_BLOCKS;
    IntStream.range(0, Math.toIntExact(chunks))
        .parallel()
        .forEach(chunk -> {
          float[] values = new float[elements];
          long end = Math.min(blocks, (chunk + 1L) * CHUNK_BLOCKS);
          for (long b = (long) chunk * CHUNK_BLOCKS; b < end; b++) {
            block.dequantize(source, b * type.blockBytes(), values);
            MemorySegment.copy(values, 0, target, FLOAT, b * elements * Float.BYTES, elements);
          }
        });
  }

  private static Block block(GgmlType type) {
    return switch (type) {
      case Q4_0 -> Dequantizer::q40;
      case Q4_1 -> Dequantizer::q41;
      case Q5_0 -> Dequantizer::q50;
      case Q5_1 -> Dequantizer::q51;
      case Q8_0 -> Dequantizer::q80;
      case Q4_K -> Dequantizer::q4k;
      case Q5_K -> Dequantizer::q5k;
      case Q6_K -> Dequantizer::q6k;
      case F32, F16, BF16 -> throw new IllegalArgumentException(type + " is not quantised");
    };
  }

  /// scale fp16; 16 bytes of nibbles, the low ones first
  private static void q40(MemorySegment source, long in, float[] values) {
    float scale = half(source, in);
    for (int i = 0; i < 16; i++) {
      int q = unsigned(source, in + 2 + i);
      values[i] = ((q & 0xF) - 8) * scale;
      values[i + 16] = ((q >> 4) - 8) * scale;
    }
  }

  /// scale, minimum fp16; nibbles
  private static void q41(MemorySegment source, long in, float[] values) {
    float scale = half(source, in);
    float min = half(source, in + 2);
    for (int i = 0; i < 16; i++) {
      int q = unsigned(source, in + 4 + i);
      values[i] = (q & 0xF) * scale + min;
      values[i + 16] = (q >> 4) * scale + min;
    }
  }

  /// scale fp16; 32 fifth bits; nibbles
  private static void q50(MemorySegment source, long in, float[] values) {
    float scale = half(source, in);
    int high = source.get(INT, in + 2);
    for (int i = 0; i < 16; i++) {
      int q = unsigned(source, in + 6 + i);
      values[i] = (((q & 0xF) | ((high >>> i) & 1) << 4) - 16) * scale;
      values[i + 16] = (((q >> 4) | ((high >>> (i + 16)) & 1) << 4) - 16) * scale;
    }
  }

  /// scale, minimum fp16; 32 fifth bits; nibbles
  private static void q51(MemorySegment source, long in, float[] values) {
    float scale = half(source, in);
    float min = half(source, in + 2);
    int high = source.get(INT, in + 4);
    for (int i = 0; i < 16; i++) {
      int q = unsigned(source, in + 8 + i);
      values[i] = ((q & 0xF) | ((high >>> i) & 1) << 4) * scale + min;
      values[i + 16] = ((q >> 4) | ((high >>> (i + 16)) & 1) << 4) * scale + min;
    }
  }

  /// scale fp16; 32 signed bytes
  private static void q80(MemorySegment source, long in, float[] values) {
    float scale = half(source, in);
    for (int i = 0; i < 32; i++) {
      values[i] = source.get(JAVA_BYTE, in + 2 + i) * scale;
    }
  }

  /// scale of scales, scale of minima fp16; 8 pairs of 6 bits in 12 bytes; 128 bytes of nibbles
  private static void q4k(MemorySegment source, long in, float[] values) {
    float scale = half(source, in);
    float min = half(source, in + 2);
    for (int part = 0; part < 4; part++) {
      float lowScale = scale * scaleK4(source, in + 4, 2 * part);
      float lowMin = min * minK4(source, in + 4, 2 * part);
      float highScale = scale * scaleK4(source, in + 4, 2 * part + 1);
      float highMin = min * minK4(source, in + 4, 2 * part + 1);
      for (int i = 0; i < 32; i++) {
        int q = unsigned(source, in + 16 + 32L * part + i);
        values[64 * part + i] = lowScale * (q & 0xF) - lowMin;
        values[64 * part + 32 + i] = highScale * (q >> 4) - highMin;
      }
    }
  }

  /// as Q4_K, with 32 bytes of fifth bits before the nibbles
  private static void q5k(MemorySegment source, long in, float[] values) {
    float scale = half(source, in);
    float min = half(source, in + 2);
    for (int part = 0; part < 4; part++) {
      float lowScale = scale * scaleK4(source, in + 4, 2 * part);
      float lowMin = min * minK4(source, in + 4, 2 * part);
      float highScale = scale * scaleK4(source, in + 4, 2 * part + 1);
      float highMin = min * minK4(source, in + 4, 2 * part + 1);
      for (int i = 0; i < 32; i++) {
        int fifth = unsigned(source, in + 16 + i) >> (2 * part);
        int q = unsigned(source, in + 48 + 32L * part + i);
        values[64 * part + i] = lowScale * ((q & 0xF) + ((fifth & 1) << 4)) - lowMin;
        values[64 * part + 32 + i] = highScale * ((q >> 4) + ((fifth & 2) << 3)) - highMin;
      }
    }
  }

  /// 128 bytes of low nibbles, 64 of upper bit pairs, 16 signed scales, scale of scales fp16
  private static void q6k(MemorySegment source, long in, float[] values) {
    float scale = half(source, in + 208);
    for (int part = 0; part < 2; part++) {
      long low = in + 64L * part;
      long high = in + 128 + 32L * part;
      long scales = in + 192 + 8L * part;
      for (int i = 0; i < 32; i++) {
        int first = unsigned(source, low + i);
        int second = unsigned(source, low + 32 + i);
        int upper = unsigned(source, high + i);
        int group = i / 16;
        int out = 128 * part + i;
        values[out] =
            scale
                * source.get(JAVA_BYTE, scales + group)
                * (((first & 0xF) | (upper & 3) << 4) - 32);
        values[out + 32] =
            scale
                * source.get(JAVA_BYTE, scales + group + 2)
                * (((second & 0xF) | (upper >> 2 & 3) << 4) - 32);
        values[out + 64] =
            scale
                * source.get(JAVA_BYTE, scales + group + 4)
                * (((first >> 4) | (upper >> 4 & 3) << 4) - 32);
        values[out + 96] =
            scale
                * source.get(JAVA_BYTE, scales + group + 6)
                * (((second >> 4) | (upper >> 6) << 4) - 32);
      }
    }
  }

  /// The 6-bit scale of a sub-block: the first four lie in the low bits, the rest is put together
  /// of pieces.
  private static int scaleK4(MemorySegment source, long scales, int group) {
    return group < 4
        ? unsigned(source, scales + group) & 63
        : (unsigned(source, scales + group + 4) & 0xF)
            | (unsigned(source, scales + group - 4) >> 6) << 4;
  }

  private static int minK4(MemorySegment source, long scales, int group) {
    return group < 4
        ? unsigned(source, scales + group + 4) & 63
        : (unsigned(source, scales + group + 4) >> 4)
            | (unsigned(source, scales + group) >> 6) << 4;
  }

  private static int unsigned(MemorySegment source, long at) {
    return source.get(JAVA_BYTE, at) & 0xFF;
  }

  private static float half(MemorySegment source, long at) {
    return Float.float16ToFloat(source.get(SHORT, at));
  }
}
