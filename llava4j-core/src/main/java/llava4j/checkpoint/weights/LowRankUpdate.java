package llava4j.checkpoint.weights;

import java.util.List;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/// The low-rank update scale · B A of one tensor of the base.
///
/// @param kind kind of the tensor
/// @param down A
/// @param up B
/// @param rank rows of A
/// @param alpha from the configuration
/// @param scale the factor of B A
public record LowRankUpdate(
    Kind kind, Stored down, Stored up, int rank, double alpha, double scale) {
  /// The kinds of adapted tensors, with their shapes.
  public enum Kind {
    /// A [rank, in], B [out, rank], W [out, in].
    LINEAR,
    /// A [rank, rows], B [dim, rank], W [rows, dim].
    TABLE,
    /// A [rank, channels, height, width], B [out, rank, 1, 1], W [out, channels, height, width].
    CONVOLUTION
  }

  /// A tensor of an adapter's file.
  public record Stored(WeightSource source, TensorInfo info) {
    public Tensor load() {
      return source.load(info.name());
    }

    public List<Long> shape() {
      return info.shape();
    }
  }

  /// Whether the shapes of A, B and the base's tensor fit.
  public boolean fits(List<Long> weight) {
    List<Long> a = down.shape();
    List<Long> b = up.shape();
    long r = rank;
    return switch (kind) {
      case LINEAR ->
          weight.size() == 2
              && a.equals(List.of(r, weight.get(1)))
              && b.equals(List.of(weight.get(0), r));
      case TABLE ->
          weight.size() == 2
              && a.equals(List.of(r, weight.get(0)))
              && b.equals(List.of(weight.get(1), r));
      case CONVOLUTION ->
          weight.size() == 4
              && a.equals(List.of(r, weight.get(1), weight.get(2), weight.get(3)))
              && b.equals(List.of(weight.get(0), r, 1L, 1L));
    };
  }

  /// W + scale · B A in fp32, in the shape of W.
  ///
  /// @param weight W, of any type
  public Tensor addTo(Tensor weight) {
    try (Scope scope = new Scope()) {
      Tensor a = down.load().to(DType.F32.scalarType()).flatten(1, -1); // [rank, ...]
      Tensor b = up.load().to(DType.F32.scalarType()).flatten(1, -1); // [..., rank]
      Tensor product = b.matmul(a); // [out, in] or [dim, rows]
      Tensor update = kind == Kind.TABLE ? product.t() : product; // shape of W
      Tensor sum =
          update
              .mul(new Scalar(scale))
              .view_as(weight)
              .add_(weight.to(DType.F32.scalarType())); // as W
      return scope.keep(sum.contiguous());
    }
  }
}
