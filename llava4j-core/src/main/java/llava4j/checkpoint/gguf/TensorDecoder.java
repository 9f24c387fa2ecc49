package llava4j.checkpoint.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.LongStream;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Turns the blocks of a whole tensor into a new F32 tensor, a chunk at a time on every core.
final class TensorDecoder {
  /// Small enough for a core's cache, large enough that the calls do not count.
  private static final int CHUNK_VALUES = 1 << 14;

  private TensorDecoder() {}

  /// @param stored exactly the blocks of `shape`
  static Tensor decode(GgmlType type, MemorySegment stored, long... shape) {
    try (Scope scope = new Scope()) {
      Tensor tensor = torch.empty(shape, Tensors.options(DType.F32), new MemoryFormatOptional());
      FloatPointer values = new FloatPointer(tensor.data_ptr());
      int blocksPerChunk = CHUNK_VALUES / type.blockValues();
      long numBlocks = stored.byteSize() / type.blockBytes();
      LongStream.range(0, Math.ceilDiv(numBlocks, blocksPerChunk))
          .parallel()
          .forEach(chunk -> {
            long firstBlock = chunk * blocksPerChunk;
            int count = Math.toIntExact(Math.min(blocksPerChunk, numBlocks - firstBlock));
            byte[] blocks =
                stored
                    .asSlice(firstBlock * type.blockBytes(), (long) count * type.blockBytes())
                    .toArray(ValueLayout.JAVA_BYTE);
            float[] decoded = new float[count * type.blockValues()];
            BlockDecoder.decode(type, blocks, decoded);
            new FloatPointer(values).position(firstBlock * type.blockValues()).put(decoded);
          });
      return scope.keep(tensor);
    }
  }
}
