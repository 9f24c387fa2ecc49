package llava4j.quant;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.I2S;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.S2I;
import static llava4j.quant.BlockWidenerVector.FLOATS;
import static llava4j.quant.BlockWidenerVector.INTS;
import static llava4j.quant.PagedAttention.MEMORY;

import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import llava4j.tensor.DType;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ParallelChunks;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Causal softmax of scores in bf16, computed in fp32.
public final class BfloatSoftmax {
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(INTS.vectorBitSize() / 2));
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  private static final int ROWS_TOGETHER = 32;

  /// In bf16.
  private static final short MINUS_INFINITY = (short) 0xFF80;

  /// Scores beside each other: row `r` has `firstLength + r % chunk` keys, and zeros behind them.
  ///
  /// @param scores address of [rows, keys], bf16
  /// @param chunk tokens that follow each other in a sequence
  /// @param firstLength keys of the first of them
  public record Rows(long scores, long rows, int keys, int chunk, int firstLength) {}

  private BfloatSoftmax() {}

  /// Replaces scores by weights that add up to one.
  ///
  /// @param scale what scores are multiplied with
  public static void causal(Rows scores, float scale) {
    causal(AssembledRows.forBfloat(), scores, scale);
  }

  static void causal(Optional<AssembledRows> assembled, Rows scores, float scale) {
    if (assembled.isPresent() && scores.keys() % SoftmaxCode.LANES == 0) {
      causal(assembled.get(), scores, scale);
      return;
    }
    run(
        scores,
        () -> {
          float[] row = new float[scores.keys()];
          return (at, length) -> softmax(at, row, length, scale);
        });
  }

  private static void causal(AssembledRows kernels, Rows scores, float scale) {
    long wideBytes = (long) scores.keys() * Float.BYTES;
    AtomicInteger workers = new AtomicInteger();
    try (Scope _ = new Scope()) {
      Tensor wide =
          torch.empty(
              new long[] {NativeRuntime.numThreads() * wideBytes},
              Tensors.options(DType.U8),
              new MemoryFormatOptional()); // [bytes], a row of fp32 for each thread
      long wideAt = wide.data_ptr().address();
      run(
          scores,
          () -> {
            long mine = wideAt + workers.getAndIncrement() * wideBytes;
            return (at, length) -> {
              int whole = Math.ceilDiv(length, SoftmaxCode.LANES) * SoftmaxCode.LANES;
              for (int j = length; j < whole; j++) {
                MEMORY.set(SHORT, at + 2L * j, MINUS_INFINITY);
              }
              clear(at, whole, scores.keys());
              kernels.softmax(at, mine, whole, scale);
            };
          });
    }
  }

  /// Work on the row of scores at an address, of which `length` are seen.
  @FunctionalInterface
  private interface RowWork {
    void accept(long at, int length);
  }

  private static void run(Rows scores, Supplier<RowWork> worker) {
    ParallelChunks.runRanges(
        NativeRuntime.numThreads(),
        scores.rows(),
        ROWS_TOGETHER,
        () -> {
          RowWork mine = worker.get();
          return ParallelChunks.eachRow(row ->
              mine.accept(
                  scores.scores() + row * scores.keys() * Short.BYTES,
                  scores.firstLength() + (int) (row % scores.chunk())));
        });
  }

  private static void clear(long row, int from, int end) {
    MEMORY.asSlice(row + 2L * from, 2L * (end - from)).fill((byte) 0);
  }

  private static void softmax(long at, float[] row, int length, float scale) {
    int bound = FLOATS.loopBound(length);
    int j = 0;
    for (; j < bound; j += FLOATS.length()) {
      ShortVector halves =
          ShortVector.fromMemorySegment(SHORTS, MEMORY, at + 2L * j, LITTLE_ENDIAN);
      ((IntVector) halves.convertShape(S2I, INTS, 0))
          .lanewise(LSHL, 16)
          .reinterpretAsFloats()
          .intoArray(row, j);
    }
    for (; j < length; j++) {
      row[j] = Float.intBitsToFloat(MEMORY.get(SHORT, at + 2L * j) << 16);
    }
    VectorSoftmax.softmax(row, length, scale);
    for (j = 0; j < bound; j += FLOATS.length()) {
      ((ShortVector)
              BlockWidenerVector.rounded(FloatVector.fromArray(FLOATS, row, j))
                  .lanewise(LSHR, 16)
                  .convertShape(I2S, SHORTS, 0))
          .intoMemorySegment(MEMORY, at + 2L * j, LITTLE_ENDIAN);
    }
    for (; j < length; j++) {
      MEMORY.set(SHORT, at + 2L * j, BlockWidener.round(row[j]));
    }
    clear(at, length, row.length);
  }
}
