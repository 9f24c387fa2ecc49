package llava4j.model.linear;

import java.util.ArrayDeque;
import java.util.Deque;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Reused memory in which 16-bit and quantised matrices are widened, tile by tile, for products
/// with many rows. There is one buffer per concurrent product. The memory is reused, because the
/// page faults of new memory take longer than the widening.
public final class WideTiles implements AutoCloseable {
  /// 16 MB, which fits into the last-level cache.
  static final long VALUES = 1 << 22;

  /// Block size of the matrix kernels.
  private static final long ROW_GROUP = 64;

  private final Deque<Tensor> free = new ArrayDeque<>(); // [VALUES] each
  private boolean closed;

  /// Number of rows of a tile.
  static long rows(long inDim) {
    return Math.max(
        1, VALUES / inDim >= ROW_GROUP ? VALUES / inDim / ROW_GROUP * ROW_GROUP : VALUES / inDim);
  }

  /// Takes a buffer, which has to be returned with `giveBack`. [values]
  ///
  /// @param values how many are needed
  Tensor take(long values) {
    synchronized (free) {
      if (values <= VALUES && !free.isEmpty()) {
        return free.pop();
      }
    }
    try (Scope _ = new Scope()) {
      return Scope.own(
          torch.empty(
              new long[] {Math.max(VALUES, values)},
              Tensors.options(DType.F32),
              new MemoryFormatOptional()));
    }
  }

  /// The product of some rows of a matrix.
  interface TileProduct {
    /// @param tile memory for `count` rows of the matrix from `first` on, [count, in]
    /// @return [rows, count]
    Tensor of(Tensor tile, long first);
  }

  /// x Wᵀ, some rows of W at a time.
  ///
  /// @param numRows rows of x
  /// @param type of the tiles, F32 or half as large
  /// @return fp32, [numRows, outDim]
  Tensor product(long numRows, long outDim, long inDim, DType type, TileProduct tileProduct) {
    try (Scope scope = new Scope()) {
      Tensor output = torch.empty(new long[] {numRows, outDim}, Tensors.options(DType.F32), null);
      int perFloat = Float.BYTES / type.bytes();
      long tileRows = Math.min(outDim, perFloat * rows(inDim));
      Tensor piece = take(Math.ceilDiv(tileRows * inDim, perFloat));
      try {
        for (long first = 0; first < outDim; first += tileRows) {
          try (Scope _ = new Scope()) {
            long count = Math.min(tileRows, outDim - first);
            Tensor tile =
                piece
                    .view(type.scalarType())
                    .narrow(0, 0, count * inDim)
                    .view(count, inDim); // [count, in]
            output.narrow(1, first, count).copy_(tileProduct.of(tile, first)); // [rows, count]
          }
        }
      } finally {
        giveBack(piece);
      }
      return scope.keep(output);
    }
  }

  void giveBack(Tensor piece) {
    synchronized (free) {
      if (!closed && piece.numel() == VALUES) {
        free.push(piece);
        return;
      }
    }
    piece.close();
  }

  @Override
  public void close() {
    synchronized (free) {
      closed = true;
      free.forEach(Tensor::close);
      free.clear();
    }
  }
}
