package llava4j.quant;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import llava4j.assembly.InstructionSet;

/// The functions of [AttentionCode] and [FloatSoftmaxCode], written when they are first needed for
/// a shape. Keys and values are F16.
final class AttentionFunctions {
  private static final Optional<AttentionFunctions> OF_PROCESS =
      AssembledKernels.ofProcess().map(kernels -> new AttentionFunctions(kernels.set()));

  private static final int EIGHT = 8;

  /// From here on a number becomes infinite in F16.
  private static final int BITS_OF_INFINITE = Float.floatToIntBits(65520);

  private final InstructionSet set;
  private final MachineFunctions functions = new MachineFunctions();

  // what functions are written for

  private record Scores(Shape shape) {}

  private record Blend(Shape shape) {}

  private record Softmax(float scale) {}

  private record Halves() {}

  /// Scores of queries, or their weights.
  ///
  /// @param queries from 1 to [#mostQueries], a power of two
  /// @param apart bytes from a query's scores to the next one's
  record Shape(int headDim, int queries, int apart) {}

  /// @param set one of [AssembledKernels#available]
  AttentionFunctions(InstructionSet set) {
    this.set = set;
  }

  /// Those of this machine for heads of some size; empty if it has none.
  static Optional<AttentionFunctions> ofProcess(int headDim) {
    return AttentionCode.takes(headDim) ? OF_PROCESS : Optional.empty();
  }

  /// The most queries of a function, a power of two.
  int mostQueries(int headDim) {
    return AttentionCode.mostQueries(width(headDim));
  }

  /// Scores of a vector in [#softmax].
  int lanes() {
    return set.width() / Float.BYTES;
  }

  /// Numbers that [#softmax] notes.
  int notes() {
    return FloatSoftmaxCode.NOTES * lanes();
  }

  /// Products of keys and queries.
  ///
  /// @param keys address of F16 [rows, headDim]
  /// @param query address of F32 [queries, headDim]
  /// @param scores address of the first query's first score
  void scores(Shape shape, long keys, int rows, long query, long scores) {
    MachineFunctions.run(scores(shape), keys, rows, query, scores, 0, 0);
  }

  /// `scores[at + j] = keys[j] · query`, for one query.
  ///
  /// @param next as many keys or values that are read next
  void scores(int headDim, long keys, int rows, float[] query, float[] scores, int at, long next) {
    MemorySegment written = MemorySegment.ofArray(scores).asSlice((long) at * Float.BYTES);
    MachineFunctions.runOnHeap(
        scores(one(headDim)), keys, rows, MemorySegment.ofArray(query), written, next);
  }

  /// Adds values times weights to sums.
  ///
  /// @param values address of F16 [rows, headDim]
  /// @param weights address of the first query's first weight
  /// @param sums address of F32 [queries, headDim]
  void blend(Shape shape, long values, int rows, long weights, long sums) {
    MachineFunctions.run(blend(shape), values, rows, weights, sums, 0, 0);
  }

  /// `sums += Σⱼ weights[at + j] values[j]`, for one query.
  ///
  /// @param next as many keys or values that are read next
  void blend(int headDim, long values, int rows, float[] weights, int at, float[] sums, long next) {
    MemorySegment read = MemorySegment.ofArray(weights).asSlice((long) at * Float.BYTES);
    MachineFunctions.runOnHeap(
        blend(one(headDim)), values, rows, read, MemorySegment.ofArray(sums), next);
  }

  /// From scores to weights that add up to one.
  ///
  /// @param scores address of whole vectors; those that are not seen are minus infinity
  /// @param notes address of [#notes] numbers, changed
  void softmax(int vectors, long scores, long notes, float scale) {
    MachineFunctions.run(softmax(scale), vectors, 0, scores, notes, 0, 0);
  }

  /// The same for an array, with room for the notes at its end.
  void softmax(int vectors, float[] scores, float scale) {
    MemorySegment all = MemorySegment.ofArray(scores);
    MemorySegment notes = all.asSlice((long) (scores.length - notes()) * Float.BYTES);
    MachineFunctions.runOnHeap(softmax(scale), vectors, 0, all, notes, 0);
  }

  /// Rounds numbers to F16.
  ///
  /// @param source address of F32 `[count]`
  /// @param target address of F16 `[count]`
  /// @param count a multiple of 8, above 0
  /// @return whether all are finite as they are kept
  boolean halves(long source, long target, long count) {
    MemorySegment function = functions.get(new Halves(), AttentionCode::halves);
    int[] largest = new int[1];
    MachineFunctions.runOnHeap(
        function,
        source,
        target,
        MemorySegment.ofArray(largest),
        MemorySegment.NULL,
        count / EIGHT);
    return largest[0] < BITS_OF_INFINITE; // the bits of NaN are above those of infinity
  }

  private static Shape one(int headDim) {
    return new Shape(headDim, 1, 0);
  }

  private int width(int headDim) {
    return AttentionCode.width(set, headDim);
  }

  private MemorySegment scores(Shape shape) {
    return functions.get(
        new Scores(shape),
        () ->
            AttentionCode.scores(
                width(shape.headDim()), shape.headDim(), shape.queries(), shape.apart()));
  }

  private MemorySegment blend(Shape shape) {
    return functions.get(
        new Blend(shape),
        () ->
            AttentionCode.blend(
                width(shape.headDim()), shape.headDim(), shape.queries(), shape.apart()));
  }

  private MemorySegment softmax(float scale) {
    return functions.get(new Softmax(scale), () -> FloatSoftmaxCode.of(set.width(), scale));
  }
}
