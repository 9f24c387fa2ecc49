package llava4j.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.BlockMatrix.Row;
import llava4j.tensor.DType;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.NibbleMatMul;
import llava4j.tensor.ParallelChunks;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// A matrix for libtorch's products of 4-bit numbers, which run on a GPU. Activations are bf16;
/// scales and minimums are rounded to bf16, and minimums are part of the products. On a GPU, a
/// weight (scale times number plus minimum) is rounded to bf16 before it is multiplied; sums are
/// fp32, and rounded to bf16.
///
/// A number of 8 bits is 16 times its upper half plus its lower half. These are two matrices of 4
/// bits side by side, which are multiplied with the activations twice side by side, so that a
/// decode step reads 10 bits for a number, 8 and those of scales and offsets. Each half is rounded
/// as a weight of 4 bits is. libtorch's own operators for 8 bits have one scale per row, which
/// loses what blocks keep, and on a GPU one reads memory badly and the other rounds the
/// activations.
final class NibbleMatrix implements QuantizedMatrix {
  /// From this number of rows on, the matrix is widened to bf16 first. Widening costs about as much
  /// as 128 rows of the products of 4 bits, which read the matrix again for every 16 rows. Counted,
  /// not measured.
  static final long FEWEST_WIDE = 256;

  private static final ValueLayout.OfShort BF16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int ROWS_PER_CHUNK = 16;

  private final NibbleMatMul operator;
  private final NibbleMatMul.Packed packed;
  private final long rows;
  private final long columns;

  private NibbleMatrix(NibbleMatMul operator, NibbleMatMul.Packed packed, long rows, long columns) {
    this.operator = operator;
    this.packed = packed;
    this.rows = rows;
    this.columns = columns;
  }

  /// Whether groups of 32 numbers have one scale.
  static boolean takes(Layout layout) {
    return layout.blockValues() >= NibbleMatMul.GROUP;
  }

  /// The most bytes of a matrix of this shape: its numbers, and 4 bytes for every 32 of 4 bits.
  static long bytes(Layout layout, long rows, long columns) {
    long tile = NibbleMatMul.MOST_TILE_ROWS;
    long padded = Math.ceilDiv(rows, tile) * tile;
    long nibbles = columns * halves(layout); // of a row
    return padded * (nibbles / 2 + nibbles / NibbleMatMul.GROUP * 2 * DType.BF16.bytes());
  }

  /// Packs a matrix with all threads, and copies it to the operator's device.
  ///
  /// @throws ArithmeticException if a scale or minimum is NaN or infinite
  static NibbleMatrix of(BlockMatrix matrix, NibbleMatMul operator) {
    Layout layout = matrix.layout();
    if (!takes(layout)) {
      throw new IllegalArgumentException("blocks of " + layout.blockValues() + " numbers");
    }
    long padded = operator.paddedRows(matrix.rows());
    long nibbles = matrix.columns() * halves(layout);
    try (Scope _ = new Scope()) {
      Tensor pairs = zeros(DType.U8, padded, nibbles / 2); // [padded, nibbles / 2]
      Tensor scales =
          zeros(DType.BF16, nibbles / NibbleMatMul.GROUP, padded, 2); // [groups, padded, 2]
      fill(
          matrix,
          ByteRows.segment(pairs.data_ptr().address(), pairs.nbytes()),
          new Scales(ByteRows.segment(scales.data_ptr().address(), scales.nbytes()), padded));
      return new NibbleMatrix(
          operator, operator.pack(pairs, scales), matrix.rows(), matrix.columns());
    }
  }

  private static int halves(Layout layout) {
    return layout.bits() / 4;
  }

  private static Tensor zeros(DType type, long... shape) {
    return torch.empty(shape, Tensors.options(type), new MemoryFormatOptional()).zero_();
  }

  private static void fill(BlockMatrix matrix, MemorySegment pairs, Scales scales) {
    Layout layout = matrix.layout();
    int rowBytes = layout.packedBytes(matrix.columns());
    ParallelChunks.runRanges(
        NativeRuntime.numThreads(),
        matrix.rows(),
        ROWS_PER_CHUNK,
        () -> {
          Row[] memory = matrix.rowsTogether();
          byte[] bytes = new byte[rowBytes];
          return (first, end) -> {
            matrix.eachRow(
                first,
                Math.toIntExact(end - first),
                memory,
                (i, row) -> {
                  arrange(row, layout, bytes);
                  MemorySegment.copy(
                      bytes, 0, pairs, ValueLayout.JAVA_BYTE, (first + i) * rowBytes, rowBytes);
                  scales.put(row, layout, first + i);
                });
          };
        });
  }

  /// The numbers of a row in pairs, the even column in the upper half: of 8 bits, first all upper
  /// halves, then all lower ones.
  ///
  /// @param bytes as many as the row's
  private static void arrange(Row row, Layout layout, byte[] bytes) {
    byte[] packed = row.packed;
    if (layout.bits() == 4) {
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) ((packed[i] & 15) << 4 | ((packed[i] >> 4) & 15));
      }
      return;
    }
    int half = bytes.length / 2;
    for (int i = 0; i < half; i++) {
      int even = packed[2 * i];
      int odd = packed[2 * i + 1];
      bytes[i] = (byte) ((even & 0xF0) | ((odd >> 4) & 15));
      bytes[half + i] = (byte) ((even & 15) << 4 | (odd & 15));
    }
  }

  /// Scales and offsets of all groups.
  ///
  /// @param memory bf16, [groups, padded, 2]
  private record Scales(MemorySegment memory, long padded) {
    /// Of 8 bits, number + 128 = 16 · upper + lower, and so number = 16 · (upper - 8) + (lower - 8)
    /// + 8.
    void put(Row row, Layout layout, long number) {
      int perBlock = layout.blockValues() / NibbleMatMul.GROUP;
      int groups = row.scales.length * perBlock;
      for (int group = 0; group < groups; group++) {
        int block = group / perBlock;
        float scale = row.scales[block];
        float minimum = layout.hasMinimums() ? row.minimums[block] : 0;
        if (layout.bits() == 4) {
          put(group, number, scale, minimum);
        } else {
          put(group, number, 16 * scale, 0);
          put(groups + group, number, scale, 8 * scale + minimum);
        }
      }
    }

    private void put(int group, long number, float scale, float offset) {
      if (!Float.isFinite(scale) || !Float.isFinite(offset)) {
        throw new ArithmeticException("NaN or infinity");
      }
      long at = (group * padded + number) * 2 * Short.BYTES;
      memory.set(BF16, at, BlockWidener.round(scale));
      memory.set(BF16, at + Short.BYTES, BlockWidener.round(offset));
    }
  }

  /// Bytes on the device.
  long bytes() {
    return packed.numbers().nbytes() + packed.scales().nbytes();
  }

  @Override
  public long rows() {
    return rows;
  }

  @Override
  public long columns() {
    return columns;
  }

  /// x Wᵀ, computed in bf16.
  ///
  /// @param input on the operator's device, [inputs, columns]
  /// @return in the input's type, [inputs, rows]
  @Override
  public Tensor multiply(Tensor input) {
    try (Scope scope = new Scope()) {
      Tensor narrow = input.to(DType.BF16.scalarType()).contiguous(); // [inputs, columns]
      Tensor product =
          input.size(0) < FEWEST_WIDE ? ofNibbles(narrow) : widened(narrow); // [inputs, rows]
      return scope.keep(product.to(input.scalar_type()));
    }
  }

  private Tensor ofNibbles(Tensor input) {
    Tensor twice =
        packed.columns() == columns
            ? input
            : Tensors.concatenate(List.of(input, input), 1); // [inputs, nibbles]
    Tensor product = operator.multiply(twice, packed); // [inputs, padded]
    return packed.rows() == rows ? product : product.narrow(1, 0, rows).contiguous();
  }

  /// Some rows of the matrix at a time become bf16.
  private Tensor widened(Tensor input) {
    Tensor output =
        torch.empty(new long[] {input.size(0), rows}, input.options(), null); // [inputs, rows]
    long most = operator.rowsToWiden(packed);
    Tensor identity = operator.identity(packed); // [part, part]
    for (long first = 0; first < rows; first += most) {
      try (Scope _ = new Scope()) {
        long count = Math.min(most, packed.rows() - first);
        Tensor wide = operator.widen(packed, identity, first, count); // [count, nibbles]
        if (packed.columns() != columns) {
          wide =
              wide.narrow(1, 0, columns).add(wide.narrow(1, columns, columns)); // [count, columns]
        }
        long real = Math.min(count, rows - first);
        Tensor product = torch.linear(input, wide.narrow(0, 0, real)); // [inputs, real]
        output.narrow(1, first, real).copy_(product);
      }
    }
    return output;
  }

  @Override
  public Optional<BlockMatrix> numbers() {
    return Optional.empty();
  }

  @Override
  public void close() {
    packed.close();
  }
}
