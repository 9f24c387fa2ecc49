package llava4j.quant;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import llava4j.assembly.InstructionSet;
import llava4j.assembly.MachineCode;
import llava4j.tensor.Processor;

/// Functions in machine code for the products of panels, written when they are first needed for a
/// shape (ADR 47). They need no compiler: the first product is as fast as the thousandth.
final class AssembledKernels {
  /// The system property that keeps the kernels on the Vector API with the value `off`.
  private static final String PROPERTY = "llava.assembly";

  private static final Optional<AssembledKernels> OF_PROCESS =
      available().stream().findFirst().map(AssembledKernels::new);

  private final InstructionSet set;
  private final MachineFunctions functions = new MachineFunctions();

  // what functions are written for

  private record Product(PanelShape shape, int rows) {}

  private record Rounding(RoundedBlock block) {}

  /// @param set one of [#available]
  AssembledKernels(InstructionSet set) {
    this.set = set;
  }

  /// The fastest of this machine; empty if it can run none.
  static Optional<AssembledKernels> ofProcess() {
    return OF_PROCESS;
  }

  /// The instruction sets that this machine can run functions of, the fastest first.
  static List<InstructionSet> available() {
    if ("off".equals(System.getProperty(PROPERTY)) || !MachineCode.isPossible()) {
      return List.of();
    }
    List<InstructionSet> sets = InstructionSet.of(Processor.ofThisMachine().flags());
    return sets.isEmpty() || MachineCode.put(new byte[1]).isEmpty() ? List.of() : sets;
  }

  InstructionSet set() {
    return set;
  }

  /// The most rows of a function.
  int mostRows(int bits) {
    return ProductCode.mostRows(set, bits);
  }

  /// Rounds a row.
  ///
  /// @param row address of F32 `[columns]`
  /// @param to address of the first block
  /// @param apart bytes from a block to the next
  void round(RoundedBlock block, long row, long to, long numBlocks, long apart) {
    MemorySegment function = functions.get(new Rounding(block), () -> RoundingCode.of(block));
    MachineFunctions.run(function, row, to, numBlocks, apart, 0, 0);
  }

  /// Multiplies panels with rows.
  ///
  /// @param panels address of the first panel
  /// @param rounded address of the rows' first block; rows lie interleaved by blocks
  /// @param rows from 1 to [#mostRows]
  /// @param output address of the first row's first product
  /// @param apart bytes from an output row to the next
  void multiply(
      PanelShape shape,
      int rows,
      long panels,
      long rounded,
      long output,
      long apart,
      long numPanels,
      long numBlocks) {
    MemorySegment function =
        functions.get(new Product(shape, rows), () -> ProductCode.of(set, shape, rows));
    MachineFunctions.run(function, panels, rounded, output, apart, numPanels, numBlocks);
  }
}
