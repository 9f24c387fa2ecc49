package llava4j.quant;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import llava4j.quant.PanelShape.Lanes;
import llava4j.tensor.DType;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ParallelChunks;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// A quantised matrix that our own kernels multiply, in panels of 32 output rows (see [PanelShape],
/// ADR 30 and 47): they read memory as fast as the processor can.
final class PanelMatrix implements QuantizedMatrix {
  /// Weights of a chunk of work: many small chunks, so that a thread that loses its core to another
  /// process delays only a small one.
  private static final long CHUNK_WEIGHTS = 1 << 20;

  private static final int MOST_BLOCK = 32;

  private final PanelLayout layout;
  private final Optional<AssembledKernels> assembled; // empty for those on the Vector API
  private final Tensor panels; // [bytes], U8
  private final MemorySegment bytes;

  private PanelMatrix(PanelLayout layout, Optional<AssembledKernels> assembled) {
    this.layout = layout;
    this.assembled = assembled;
    try (Scope _ = new Scope()) {
      this.panels =
          Scope.own(
              torch.empty(
                  new long[] {layout.bytes()},
                  Tensors.options(DType.U8),
                  new MemoryFormatOptional()));
    }
    this.bytes = ByteRows.segment(panels.data_ptr().address(), layout.bytes());
  }

  /// For the kernels on the Vector API.
  static PanelMatrix of(BlockMatrix matrix) {
    return of(matrix, Optional.empty());
  }

  /// For kernels in machine code.
  static PanelMatrix of(BlockMatrix matrix, AssembledKernels kernels) {
    return of(matrix, Optional.of(kernels));
  }

  private static PanelMatrix of(BlockMatrix matrix, Optional<AssembledKernels> assembled) {
    if (matrix.layout().blockValues() > MOST_BLOCK) {
      throw new IllegalArgumentException("sums of blocks above 32 do not fit 16 bits");
    }
    if (matrix.columns() < matrix.layout().blockValues()
        || matrix.columns() % matrix.layout().blockValues() != 0) {
      throw new IllegalArgumentException(matrix.columns() + " columns are no whole blocks");
    }
    BlockMatrix.Row first = new BlockMatrix.Row(matrix.layout(), matrix.columns());
    boolean wide = false;
    if (matrix.rows() > 0) {
      matrix.read(0, first);
      for (float scale : first.scales) {
        wide |= Float.isFinite(scale) && !PanelPacker.isHalf(scale);
      }
    }
    PanelMatrix packed = packed(matrix, assembled, wide);
    return packed != null ? packed : packed(matrix, assembled, true);
  }

  /// Null if scales do not fit.
  private static PanelMatrix packed(
      BlockMatrix matrix, Optional<AssembledKernels> assembled, boolean wideScales) {
    Lanes lanes = assembled.isPresent() ? Lanes.INTS : Lanes.SHORTS;
    PanelMatrix made =
        new PanelMatrix(
            new PanelLayout(
                new PanelShape(matrix.layout(), lanes, wideScales),
                matrix.rows(),
                matrix.columns()),
            assembled);
    boolean complete = false;
    try {
      complete = PanelPacker.pack(matrix, made.layout, made.bytes);
    } finally {
      if (!complete) {
        made.close();
      }
    }
    return complete ? made : null;
  }

  @Override
  public long rows() {
    return layout.rows();
  }

  @Override
  public long columns() {
    return layout.columns();
  }

  @Override
  public Tensor multiply(Tensor input) {
    return multiplyAll(List.of(this), input).getFirst();
  }

  /// Whether a row rounded for this matrix serves the other one.
  boolean roundsAs(PanelMatrix other) {
    return assembled.equals(other.assembled)
        && layout.blocks().bits() == other.layout.blocks().bits()
        && layout.blocks().blockValues() == other.layout.blocks().blockValues()
        && layout.wideScales() == other.layout.wideScales()
        && columns() == other.columns();
  }

  /// The products of matrices that round alike, dealt to the threads as one piece of work.
  ///
  /// @return [inputs, rows] for each matrix
  static List<Tensor> multiplyAll(List<PanelMatrix> matrices, Tensor input) {
    requireRows(input, matrices.getFirst().columns());
    int inputs = Math.toIntExact(input.size(0));
    List<Tensor> outputs = new ArrayList<>();
    for (PanelMatrix matrix : matrices) {
      outputs.add(
          torch.empty(
              new long[] {inputs, matrix.rows()},
              Tensors.options(DType.F32),
              new MemoryFormatOptional())); // [inputs, rows]
    }
    if (inputs == 0) {
      return outputs;
    }
    MemorySegment[] written = new MemorySegment[outputs.size()];
    for (int i = 0; i < written.length; i++) {
      written[i] = ByteRows.segment(outputs.get(i).data_ptr().address(), outputs.get(i).nbytes());
    }
    try {
      Optional<AssembledKernels> assembled = matrices.getFirst().assembled;
      if (assembled.isPresent()) {
        List<AssembledProduct.Part> parts = new ArrayList<>();
        for (int i = 0; i < written.length; i++) {
          PanelMatrix matrix = matrices.get(i);
          parts.add(new AssembledProduct.Part(matrix.layout, matrix.bytes.address(), written[i]));
        }
        new AssembledProduct(assembled.get(), matrices.getFirst().layout, inputs)
            .multiply(input, parts);
      } else {
        multiplyVectors(matrices, input, inputs, written);
      }
    } finally {
      Reference.reachabilityFence(matrices); // functions were given bare addresses
      Reference.reachabilityFence(input);
    }
    return outputs;
  }

  /// Machine code looks at no bounds.
  private static void requireRows(Tensor input, long columns) {
    if (input.dim() != 2
        || input.size(1) != columns
        || Tensors.type(input) != DType.F32
        || !input.is_contiguous()) {
      throw new IllegalArgumentException(
          "rows of "
              + columns
              + " numbers in fp32 are needed, not "
              + Tensors.type(input)
              + Arrays.toString(Tensors.shape(input)));
    }
  }

  /// Products by the kernels on the Vector API.
  private static void multiplyVectors(
      List<PanelMatrix> matrices, Tensor input, int inputs, MemorySegment[] written) {
    RoundedRows rounded =
        RoundedRows.of(
            ByteRows.segment(input.data_ptr().address(), input.nbytes()),
            inputs,
            matrices.getFirst().layout);
    long perChunk =
        Math.max(1, CHUNK_WEIGHTS / (PanelProduct.pairRows() * matrices.getFirst().columns()));
    long[] counts = new long[matrices.size()];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = Math.ceilDiv(PanelProduct.pairs(matrices.get(i).layout), perChunk);
    }
    ParallelChunks.runParts(
        NativeRuntime.numThreads(),
        counts,
        () -> {
          PanelProduct[] products = new PanelProduct[counts.length];
          for (int i = 0; i < products.length; i++) {
            PanelMatrix matrix = matrices.get(i);
            products[i] =
                new PanelProduct(matrix.bytes, matrix.layout, rounded, inputs, written[i]);
          }
          return (i, chunk) -> {
            long first = chunk * perChunk;
            long pairs = PanelProduct.pairs(matrices.get(i).layout);
            products[i].multiply(first, Math.min(pairs, first + perChunk));
          };
        });
  }

  @Override
  public Optional<BlockMatrix> numbers() {
    return Optional.of(new PanelBlocks(layout, bytes));
  }

  @Override
  public void close() {
    panels.close();
  }
}
