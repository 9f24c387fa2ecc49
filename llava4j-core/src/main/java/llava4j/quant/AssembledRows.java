package llava4j.quant;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import llava4j.assembly.Assembler;
import llava4j.assembly.InstructionSet;
import llava4j.tensor.Processor;

/// The functions of [RowCode] and [SoftmaxCode], written when they are first needed. What they do
/// is little beside the products, but Java's kernels are slow until they are compiled: a process
/// would pay seconds for that, in its first prompt.
final class AssembledRows {
  private static final Optional<AssembledRows> OF_PROCESS =
      AssembledKernels.ofProcess()
          .map(kernels ->
              new AssembledRows(kernels.set(), Processor.ofThisMachine().hasBf16Lanes()));

  /// What dimensions must be a multiple of.
  private static final int STEP = 16;

  private final InstructionSet set;
  private final boolean hasBfloat;
  private final MachineFunctions functions = new MachineFunctions();

  // what functions are written for

  private record RmsNorm(int dim, float eps) {}

  private record Rotate(int headDim) {}

  private record SwiGlu() {}

  private record Bfloats() {}

  private record Softmax(float scale) {}

  /// @param set one of [AssembledKernels#available]
  AssembledRows(InstructionSet set, boolean bfloat) {
    this.set = set;
    this.hasBfloat = bfloat && set.width() == Assembler.AVX512;
  }

  /// Those of this machine for rows of some length; empty if it has none.
  static Optional<AssembledRows> ofProcess(long length) {
    return length % STEP == 0 ? OF_PROCESS : Optional.empty();
  }

  /// Those of this machine, if they have functions for bf16.
  static Optional<AssembledRows> forBfloat() {
    return OF_PROCESS.filter(rows -> rows.hasBfloat);
  }

  /// See [RowCode#rmsNorm].
  void rmsNorm(long input, long weight, double eps, long rows, int dim, long output) {
    MemorySegment function =
        functions.get(new RmsNorm(dim, (float) eps), () -> RowCode.rmsNorm(dim, (float) eps));
    MachineFunctions.run(function, input, weight, output, rows, 0, 0);
  }

  /// See [RowCode#rotate].
  void rotate(long head, long to, long cos, long sin, int headDim, long tokens, long apart) {
    MemorySegment function = functions.get(new Rotate(headDim), () -> RowCode.rotate(headDim));
    MachineFunctions.run(function, head, to, cos, sin, tokens, apart);
  }

  /// See [RowCode#swiGlu].
  ///
  /// @param count numbers, a multiple of 16
  void swiGlu(long gate, long up, long count) {
    MemorySegment function = functions.get(new SwiGlu(), () -> RowCode.swiGlu(set));
    run(function, gate, up, count * Float.BYTES / set.width());
  }

  /// Rounds numbers to bf16.
  ///
  /// @param from address of F16
  /// @param to address of bf16
  /// @param count a multiple of 16
  void bfloats(long from, long to, long count) {
    MemorySegment function = functions.get(new Bfloats(), RowCode::bfloats);
    run(function, from, to, count * Float.BYTES / Assembler.AVX512);
  }

  /// See [SoftmaxCode].
  ///
  /// @param scores address of bf16
  /// @param wide address of as many F32, changed
  /// @param count a multiple of 16
  void softmax(long scores, long wide, long count, float scale) {
    MemorySegment function = functions.get(new Softmax(scale), () -> SoftmaxCode.of(scale));
    run(function, scores, wide, count / SoftmaxCode.LANES);
  }

  private static void run(MemorySegment function, long a, long b, long vectors) {
    if (vectors > 0) { // functions count down from it
      MachineFunctions.run(function, a, b, vectors, 0, 0, 0);
    }
  }
}
