package llava4j.checkpoint.gguf;

/// One block taken apart, to be used again for the next: value = scale · number + minimum, where
/// scale and minimum are those of the value's group.
final class UnpackedBlock {
  private static final int MOST_VALUES = 256;
  private static final int MOST_GROUPS = 16;

  final byte[] numbers = new byte[MOST_VALUES];
  final float[] scales = new float[MOST_GROUPS];

  /// Meaningless for types without minimums.
  final float[] minimums = new float[MOST_GROUPS];
}
