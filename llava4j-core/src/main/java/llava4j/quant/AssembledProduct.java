package llava4j.quant;

import java.lang.foreign.MemorySegment;
import java.util.List;
import llava4j.tensor.DType;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ParallelChunks;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Products of panels with lanes of 32 bits with the same rows, by functions in machine code.
///
/// Rows are rounded first, and lie in groups of as many as a function multiplies at once,
/// interleaved by blocks.
final class AssembledProduct {
  /// Weights of a chunk of work: what stays in a core's cache while group after group is
  /// multiplied.
  private static final long CHUNK_WEIGHTS = 1 << 19;

  /// Rows that are rounded by one thread: dealing out fewer would take longer.
  private static final int MOST_ALONE = 4;

  private final AssembledKernels kernels;
  private final int inputs;
  private final int together; // rows of a group but the last
  private final long numBlocks;
  private final RoundedBlock block;

  /// @param layout of the matrices, but for their rows
  AssembledProduct(AssembledKernels kernels, PanelLayout layout, int inputs) {
    this.kernels = kernels;
    this.inputs = inputs;
    int groups = Math.ceilDiv(inputs, kernels.mostRows(layout.blocks().bits()));
    this.together = Math.ceilDiv(inputs, groups);
    this.numBlocks = layout.numBlocks();
    this.block = RoundedBlock.of(layout.blocks());
  }

  /// One matrix and its products.
  ///
  /// @param panels address
  /// @param output F32, [inputs, rows]
  record Part(PanelLayout layout, long panels, MemorySegment output) {}

  /// @param input fp32, contiguous, [inputs, columns]
  void multiply(Tensor input, List<Part> parts) {
    try (Scope _ = new Scope()) {
      Tensor rounded =
          torch.empty(
              new long[] {inputs * numBlocks * block.bytes()},
              Tensors.options(DType.U8),
              new MemoryFormatOptional()); // [bytes]
      long rows = rounded.data_ptr().address();
      round(input.data_ptr().address(), input.size(1) * Float.BYTES, rows);
      long perChunk = Math.max(1, CHUNK_WEIGHTS / (PanelShape.ROWS * input.size(1)));
      long[] counts =
          parts.stream()
              .mapToLong(part -> Math.ceilDiv(part.layout().numPanels(), perChunk))
              .toArray();
      ParallelChunks.runParts(
          NativeRuntime.numThreads(),
          counts,
          () ->
              (i, chunk) -> {
                Part part = parts.get(i);
                long first = chunk * perChunk;
                somePanels(
                    part, rows, first, Math.min(part.layout().numPanels(), first + perChunk));
              });
    }
  }

  private void round(long input, long rowBytes, long rounded) {
    if (inputs < MOST_ALONE) {
      for (int row = 0; row < inputs; row++) {
        round(input + row * rowBytes, rounded, row);
      }
    } else {
      ParallelChunks.run(
          NativeRuntime.numThreads(),
          inputs,
          () -> row -> round(input + row * rowBytes, rounded, (int) row));
    }
  }

  private void round(long from, long rounded, int row) {
    int inGroup = row % together;
    int groupRows = Math.min(together, inputs - (row - inGroup));
    kernels.round(
        block,
        from,
        group(rounded, row - inGroup) + (long) inGroup * block.bytes(),
        numBlocks,
        (long) groupRows * block.bytes());
  }

  /// The address of a group of rounded rows.
  private long group(long rounded, int firstRow) {
    return rounded + firstRow * numBlocks * block.bytes();
  }

  /// Panels from `first` to `end`, times all rows.
  private void somePanels(Part part, long rounded, long first, long end) {
    PanelLayout layout = part.layout();
    long wholePanels = Math.min(end, layout.rows() / PanelShape.ROWS);
    for (int row = 0; row < inputs; row += together) {
      int count = Math.min(together, inputs - row);
      long groupAt = group(rounded, row);
      if (wholePanels > first) {
        kernels.multiply(
            layout.shape(),
            count,
            part.panels() + first * layout.panelBytes(),
            groupAt,
            part.output().address() + (row * layout.rows() + first * PanelShape.ROWS) * Float.BYTES,
            layout.rows() * Float.BYTES,
            wholePanels - first,
            numBlocks);
      }
      if (wholePanels < end) {
        lastPanel(part, groupAt, row, count);
      }
    }
  }

  /// A panel whose last rows are not the matrix'.
  private void lastPanel(Part part, long group, int firstRow, int count) {
    PanelLayout layout = part.layout();
    long panel = layout.numPanels() - 1;
    int rows = Math.toIntExact(layout.rows() - panel * PanelShape.ROWS);
    try (Scope _ = new Scope()) {
      Tensor whole =
          torch.empty(
              new long[] {count, PanelShape.ROWS},
              Tensors.options(DType.F32),
              new MemoryFormatOptional()); // [count, 32]
      MemorySegment products = ByteRows.segment(whole.data_ptr().address(), whole.nbytes());
      kernels.multiply(
          layout.shape(),
          count,
          part.panels() + panel * layout.panelBytes(),
          group,
          products.address(),
          PanelShape.ROWS * Float.BYTES,
          1,
          numBlocks);
      for (int row = 0; row < count; row++) {
        MemorySegment.copy(
            products,
            (long) row * PanelShape.ROWS * Float.BYTES,
            part.output(),
            ((firstRow + row) * layout.rows() + panel * PanelShape.ROWS) * Float.BYTES,
            (long) rows * Float.BYTES);
      }
    }
  }
}
