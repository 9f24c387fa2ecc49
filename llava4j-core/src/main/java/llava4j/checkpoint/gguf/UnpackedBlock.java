package llava4j.checkpoint.gguf;

/// One unpacked block, which is reused for the next one: value = scale · number + minimum, with the
/// scale and the minimum of the value's group.
final class UnpackedBlock {
  private static final int MOST_VALUES = 256;
  private static final int MOST_GROUPS = 16;

  final byte[] numbers = new byte[MOST_VALUES];
  final float[] scales = new float[MOST_GROUPS];

  /// Unused for types without minimums.
  final float[] minimums = new float[MOST_GROUPS];
}
