package llava4j.model.linear;

import java.util.Arrays;
import llava4j.quant.BlockMatrix;
import llava4j.quant.BlockMatrix.Row;
import llava4j.quant.BlockNarrower;
import llava4j.quant.ByteRows;
import llava4j.quant.ByteSums;
import llava4j.tensor.ByteMatMul;
import llava4j.tensor.DType;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Products of a quantised matrix with many rows in integers: the matrix is rounded to bytes with
/// one scale per row, tile by tile in reused memory, and so are the activations.
///
/// @param operator products of bytes
/// @param tiles the reused memory
record ByteProducts(ByteMatMul operator, WideTiles tiles) {
  /// The most rows of weights of a tile.
  private static final int MOST_TILE = 1024;

  /// A tile's rows are whole groups of the kernels' rows, and whole panels.
  private static final int ROW_GROUP = 32;

  /// Bytes between two rows beside their own, so that rows of a power of two do not share the
  /// places of one another in the cache: 40 % faster with 32 rows.
  private static final int APART = 64;

  /// Bytes of a tile, and its sums: what stays in the processor's cache.
  private static final long TILE_BYTES = 6 << 20;

  private static final long SUMS = 1 << 20;

  /// The most rows of activations at once, so that tiles are not too small.
  private static final int MOST_ROWS = 2048;

  /// Rounded activations.
  ///
  /// @param bytes [rows, columns], rows lie apart
  record Rounded(Tensor bytes, ByteRows rows) {}

  static boolean takes(BlockMatrix matrix) {
    return matrix.columns() <= ByteMatMul.MOST_COLUMNS;
  }

  /// Rounds activations.
  ///
  /// @param rows fp32, contiguous, [rows, columns]
  static Rounded round(Tensor rows) {
    int count = Math.toIntExact(rows.size(0));
    int columns = Math.toIntExact(rows.size(1));
    try (Scope scope = new Scope()) {
      long stride = (long) columns + APART;
      Tensor bytes = empty(DType.I8, count, stride); // [rows, stride]
      ByteRows rounded =
          ByteRows.round(
              rows.data_ptr().address(), count, columns, bytes.data_ptr().address(), stride);
      return new Rounded(scope.keep(bytes.narrow(1, 0, columns)), rounded);
    }
  }

  /// x Wᵀ.
  ///
  /// @return fp32, [rows, out]
  Tensor multiply(BlockMatrix matrix, Rounded input) {
    long rows = input.bytes().size(0);
    try (Scope scope = new Scope()) {
      Tensor output = empty(DType.F32, rows, matrix.rows()); // [rows, out]
      for (long first = 0; first < rows; first += MOST_ROWS) {
        try (Scope _ = new Scope()) {
          long count = Math.min(MOST_ROWS, rows - first);
          float[] scales =
              Arrays.copyOfRange(
                  input.rows().scales(),
                  Math.toIntExact(first),
                  Math.toIntExact(first + count)); // [count]
          multiply(
              matrix,
              input.bytes().narrow(0, first, count),
              scales,
              output.narrow(0, first, count));
        }
      }
      return scope.keep(output);
    }
  }

  /// @param bytes [rows, columns]
  /// @param rowScales `[rows]`
  /// @param output written, [rows, out]
  private void multiply(BlockMatrix matrix, Tensor bytes, float[] rowScales, Tensor output) {
    int tileRows = tileRows(matrix, rowScales.length);
    operator.chunks(
        Math.ceilDiv(matrix.rows(), tileRows),
        () -> {
          Row[] memory = matrix.rowsTogether();
          float[] scales = new float[tileRows];
          return chunk -> {
            long first = chunk * tileRows;
            int count = Math.toIntExact(Math.min(tileRows, matrix.rows() - first));
            tile(matrix, first, count, memory, scales, bytes, rowScales, output);
          };
        });
  }

  /// Rows of weights of a tile: about the same number for each thread, and as many tiles for each.
  private static int tileRows(BlockMatrix matrix, int inputs) {
    long most =
        Math.clamp(
            Math.min(TILE_BYTES / (matrix.columns() + APART), SUMS / inputs), ROW_GROUP, MOST_TILE);
    long threads = NativeRuntime.numThreads();
    long perThread = Math.ceilDiv(matrix.rows(), threads * most);
    long even = Math.ceilDiv(matrix.rows(), threads * perThread);
    return Math.toIntExact(Math.ceilDiv(even, ROW_GROUP) * ROW_GROUP);
  }

  private void tile(
      BlockMatrix matrix,
      long first,
      int count,
      Row[] memory,
      float[] scales,
      Tensor bytes,
      float[] rowScales,
      Tensor output) {
    boolean byColumns = BlockNarrower.isByColumns(matrix);
    long lines = byColumns ? matrix.columns() : count;
    long used = byColumns ? count : matrix.columns(); // bytes of a line
    long stride = Math.ceilDiv(used, ROW_GROUP) * ROW_GROUP + APART;
    long tileValues = Math.ceilDiv(lines * stride, Float.BYTES);
    long sumValues = (long) rowScales.length * count;
    Tensor piece = tiles.take(tileValues + sumValues);
    try (Scope _ = new Scope()) {
      Tensor tile =
          piece
              .view(DType.I8.scalarType())
              .narrow(0, 0, lines * stride)
              .view(lines, stride)
              .narrow(1, 0, used); // [count, columns] or [columns, count]
      Tensor sums =
          piece
              .view(DType.I32.scalarType())
              .narrow(0, tileValues, sumValues)
              .view(rowScales.length, count); // [rows, count]
      long target = tile.data_ptr().address();
      if (byColumns) {
        BlockNarrower.toColumns(matrix, first, count, target, stride, scales);
        tile = tile.t(); // [count, columns]
      } else {
        BlockNarrower.toBytes(matrix, first, count, memory, target, stride, scales);
      }
      operator.multiply(bytes, tile, sums);
      ByteSums.toFloats(
          sums.data_ptr().address(),
          rowScales,
          count,
          scales,
          output.data_ptr().address() + first * Float.BYTES,
          matrix.rows());
    } finally {
      tiles.giveBack(piece);
    }
  }

  private static Tensor empty(DType type, long... shape) {
    return torch.empty(shape, Tensors.options(type), new MemoryFormatOptional());
  }
}
