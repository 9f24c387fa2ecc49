package llava4j.model.linear;

import java.util.Arrays;
import llava4j.quant.BlockMatrix;
import llava4j.quant.BlockNarrower;
import llava4j.quant.ByteRows;
import llava4j.quant.ByteSums;
import llava4j.tensor.ByteMatMul;
import llava4j.tensor.DType;
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
  /// Rows of weights of one product. More leave the core's cache.
  private static final int PART = 512;

  /// Bytes between two rows beside their own, so that rows of a power of two do not share the
  /// places of one another in the cache: 40 % faster with 32 rows.
  private static final int APART = 64;

  /// Bytes of a tile.
  private static final long TILE_BYTES = WideTiles.VALUES * Float.BYTES / 2;

  /// The most rows of activations at once, whose sums take the other half of a buffer.
  private static final int MOST_ROWS =
      Math.toIntExact((WideTiles.VALUES * Float.BYTES - TILE_BYTES) / Integer.BYTES / PART);

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
    long stride = matrix.columns() + APART;
    int tileRows =
        Math.toIntExact(Math.min(matrix.rows(), Math.max(1, TILE_BYTES / stride / PART) * PART));
    long tileValues = Math.ceilDiv(tileRows * stride, Float.BYTES);
    long sumValues = (long) rowScales.length * PART;
    float[] scales = new float[tileRows];
    Tensor piece = tiles.take(tileValues + sumValues);
    try (Scope _ = new Scope()) {
      Tensor tile =
          piece
              .view(DType.I8.scalarType())
              .narrow(0, 0, tileRows * stride)
              .view(tileRows, stride)
              .narrow(1, 0, matrix.columns()); // [tileRows, columns]
      Tensor sums =
          piece.view(DType.I32.scalarType()).narrow(0, tileValues, sumValues); // [rows * PART]
      for (long first = 0; first < matrix.rows(); first += tileRows) {
        int count = Math.toIntExact(Math.min(tileRows, matrix.rows() - first));
        BlockNarrower.toBytes(matrix, first, count, tile.data_ptr().address(), stride, scales);
        for (int part = 0; part < count; part += PART) {
          try (Scope _ = new Scope()) {
            int wide = Math.min(PART, count - part);
            Tensor some =
                sums.narrow(0, 0, (long) rowScales.length * wide)
                    .view(rowScales.length, wide); // [rows, wide]
            operator.multiply(bytes, tile.narrow(0, part, wide), some);
            ByteSums.toFloats(
                some.data_ptr().address(),
                rowScales,
                wide,
                scales,
                part,
                output.data_ptr().address() + (first + part) * Float.BYTES,
                matrix.rows());
          }
        }
      }
    } finally {
      tiles.giveBack(piece);
    }
  }

  private static Tensor empty(DType type, long... shape) {
    return torch.empty(shape, Tensors.options(type), new MemoryFormatOptional());
  }
}
