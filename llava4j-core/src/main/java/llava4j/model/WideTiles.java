package llava4j.model;

import java.util.ArrayDeque;
import java.util.Deque;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// fp32 memory in which 16-bit matrices are widened, some rows at a time, for products with many
/// rows. One piece for each product that runs at the same time; kept, because fresh memory comes in
/// empty pages, which take longer than the widening.
final class WideTiles implements AutoCloseable {
  /// 16 MB, which a processor's last cache holds.
  static final long VALUES = 1 << 22;

  /// Blocks of the products' kernels.
  private static final long ROW_GROUP = 64;

  private final Deque<Tensor> free = new ArrayDeque<>(); // [VALUES] each
  private boolean closed;

  /// How many rows of a matrix are widened at once.
  static long rows(long inDim) {
    return Math.max(
        1, VALUES / inDim >= ROW_GROUP ? VALUES / inDim / ROW_GROUP * ROW_GROUP : VALUES / inDim);
  }

  /// Takes a piece, to be given back with [#giveBack]. [values]
  ///
  /// @param values at least as many as one row of the matrix has
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
