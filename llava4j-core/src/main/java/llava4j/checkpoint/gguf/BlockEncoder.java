package llava4j.checkpoint.gguf;

import java.nio.ByteBuffer;

/// Encodes floats in the types that we write. The bytes of both quantised types are identical to
/// those of ggml's reference quantisers without importance weights.
final class BlockEncoder {
  private BlockEncoder() {}

  /// Whether tensors of this type can be written.
  static boolean writes(GgmlType type) {
    return type == GgmlType.F32
        || type == GgmlType.F16
        || type == GgmlType.Q8_0
        || type == GgmlType.Q4_0;
  }

  /// Appends `values`, whole blocks, to `out`, which is little-endian.
  ///
  /// @throws ArithmeticException with a message, for a value that the type cannot represent
  static void encode(GgmlType type, float[] values, ByteBuffer out) {
    switch (type) {
      case F32 -> {
        for (float value : values) {
          out.putFloat(value);
        }
      }
      case F16 -> {
        for (float value : values) {
          out.putShort(half(value));
        }
      }
      case Q8_0 -> {
        for (int at = 0; at < values.length; at += 32) {
          encodeQ8(values, at, out);
        }
      }
      case Q4_0 -> {
        for (int at = 0; at < values.length; at += 32) {
          encodeQ4(values, at, out);
        }
      }
      case BF16, Q4_1, Q5_0, Q5_1, Q8_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, Q8_K, TQ1_0, TQ2_0 ->
          throw new IllegalArgumentException(type + " is not written");
      case IQ2_XXS, IQ2_XS, IQ3_XXS, IQ1_S, IQ4_NL, IQ3_S, IQ2_S, IQ4_XS, IQ1_M, MXFP4 ->
          throw new IllegalArgumentException(type + " is not written");
      case I8, I16, I32, I64, F64 -> throw new IllegalArgumentException(type + " is not written");
    }
  }

  /// The largest magnitude of a block becomes 127.
  private static void encodeQ8(float[] values, int at, ByteBuffer out) {
    float largest = 0;
    for (int i = 0; i < 32; i++) {
      largest = Math.max(largest, Math.abs(values[at + i]));
    }
    float scale = largest / 127;
    float inverse = scale == 0 ? 0 : 1 / scale;
    requireFinite(largest);
    out.putShort(half(scale));
    for (int i = 0; i < 32; i++) {
      float scaled = values[at + i] * inverse;
      // C's roundf: halves go away from zero; in double, so that adding a half is exact.
      out.put((byte) (int) (scaled + Math.copySign(0.5, (double) scaled)));
    }
  }

  /// The signed value with the largest magnitude in a block becomes -8.
  private static void encodeQ4(float[] values, int at, ByteBuffer out) {
    float magnitude = 0;
    float largest = 0;
    for (int i = 0; i < 32; i++) {
      requireFinite(values[at + i]);
      if (Math.abs(values[at + i]) > magnitude) {
        magnitude = Math.abs(values[at + i]);
        largest = values[at + i];
      }
    }
    float scale = largest / -8;
    float inverse = scale == 0 ? 0 : 1 / scale;
    out.putShort(half(scale));
    for (int i = 0; i < 16; i++) {
      int low = Math.min(15, (int) (values[at + i] * inverse + 8.5f));
      int high = Math.min(15, (int) (values[at + 16 + i] * inverse + 8.5f));
      out.put((byte) (low | high << 4));
    }
  }

  private static short half(float value) {
    short half = Float.floatToFloat16(value);
    if (Float.isInfinite(Float.float16ToFloat(half)) && !Float.isInfinite(value)) {
      throw new ArithmeticException("the value " + value + " is beyond the range of F16");
    }
    return half;
  }

  private static void requireFinite(float value) {
    if (!Float.isFinite(value)) {
      throw new ArithmeticException("the value " + value + " cannot be quantised");
    }
  }
}
