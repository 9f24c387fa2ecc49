package llava4j.checkpoint.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.LongConsumer;
import llava4j.tensor.DType;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ParallelChunks;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Decodes the blocks of a whole tensor to a new tensor of F32, F16 or BF16, in chunks on all
/// threads. Each value is decoded to F32 and rounded once.
final class TensorDecoder {
  /// Small enough for a core's cache, large enough that call overhead is negligible.
  private static final int CHUNK_VALUES = 1 << 13;

  private static final int QUIET_NAN = 0x7FC00000;

  private TensorDecoder() {}

  /// @param stored the bytes of exactly the blocks of `shape`
  /// @param target F32, F16 or BF16
  static Tensor decode(GgmlType type, MemorySegment stored, DType target, long... shape) {
    try (Scope scope = new Scope()) {
      Tensor tensor = torch.empty(shape, Tensors.options(target), new MemoryFormatOptional());
      MemorySegment values = bytesOf(tensor);
      int blocksPerChunk = CHUNK_VALUES / type.blockValues();
      long numBlocks = stored.byteSize() / type.blockBytes();
      ParallelChunks.run(
          NativeRuntime.numThreads(),
          Math.ceilDiv(numBlocks, blocksPerChunk),
          () -> new Worker(type, stored, target, values, numBlocks));
      return scope.keep(tensor);
    }
  }

  /// The working memory of one thread. Its arrays are reused for each chunk, so they stay in the
  /// core's cache.
  private static final class Worker implements LongConsumer {
    private final GgmlType type;
    private final MemorySegment stored;
    private final DType target;
    private final MemorySegment values;
    private final long numBlocks;
    private final int blocksPerChunk;
    private final byte[] blocks;
    private final float[] decoded;
    private final short[] rounded;

    Worker(
        GgmlType type, MemorySegment stored, DType target, MemorySegment values, long numBlocks) {
      this.type = type;
      this.stored = stored;
      this.target = target;
      this.values = values;
      this.numBlocks = numBlocks;
      this.blocksPerChunk = CHUNK_VALUES / type.blockValues();
      this.blocks = new byte[blocksPerChunk * type.blockBytes()];
      this.decoded = new float[CHUNK_VALUES];
      this.rounded = new short[target == DType.F32 ? 0 : CHUNK_VALUES];
    }

    @Override
    public void accept(long chunk) {
      long first = chunk * blocksPerChunk;
      int count = (int) Math.min(blocksPerChunk, numBlocks - first);
      MemorySegment.copy(
          stored,
          ValueLayout.JAVA_BYTE,
          first * type.blockBytes(),
          blocks,
          0,
          count * type.blockBytes());
      BlockDecoder.decode(type, blocks, count, decoded);
      int length = count * type.blockValues();
      long at = first * type.blockValues() * target.bytes();
      switch (target) {
        case F32 ->
            MemorySegment.copy(decoded, 0, values, ValueLayout.JAVA_FLOAT_UNALIGNED, at, length);
        case F16 -> {
          roundToF16(decoded, length, rounded);
          MemorySegment.copy(rounded, 0, values, ValueLayout.JAVA_SHORT_UNALIGNED, at, length);
        }
        case BF16 -> {
          roundToBf16(decoded, length, rounded);
          MemorySegment.copy(rounded, 0, values, ValueLayout.JAVA_SHORT_UNALIGNED, at, length);
        }
        case F64, I64, I32, I16, I8, U8, BOOL ->
            throw new IllegalArgumentException("blocks are not decoded to " + target);
      }
    }
  }

  /// Rounds to nearest, ties to even, like libtorch.
  private static void roundToF16(float[] values, int length, short[] rounded) {
    for (int i = 0; i < length; i++) {
      rounded[i] = Float.floatToFloat16(values[i]);
    }
  }

  /// Rounds to nearest, ties to even. Every NaN becomes the same quiet NaN, because rounding its
  /// mantissa could change it.
  private static void roundToBf16(float[] values, int length, short[] rounded) {
    for (int i = 0; i < length; i++) {
      int bits = Float.floatToRawIntBits(values[i]);
      int size = Math.min(bits & 0x7FFFFFFF, QUIET_NAN);
      int even = size + 0x7FFF + ((size >>> 16) & 1);
      rounded[i] = (short) ((even >>> 16) | ((bits >>> 16) & 0x8000));
    }
  }

  @SuppressWarnings("restricted") // address and size belong to a live tensor
  private static MemorySegment bytesOf(Tensor tensor) {
    return MemorySegment.ofAddress(tensor.data_ptr().address()).reinterpret(tensor.nbytes());
  }
}
