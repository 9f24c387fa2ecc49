package llava4j.benchmarks;

import java.util.ArrayList;
import java.util.List;
import llava4j.tensor.DType;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Only the matrix products of a model: no norms, no activations, no allocations. Inputs and
/// outputs are created first, and OpenBLAS may use all cores, unlike in a model.
final class BareProducts implements AutoCloseable {
  private final List<Runnable> products = new ArrayList<>();
  private final List<Tensor> owned = new ArrayList<>();
  private double operations;

  /// y[rows, out] = x[rows, in] Wᵀ.
  ///
  /// @param weight [out, in], borrowed
  void addLinear(long rows, Tensor weight) {
    try (Scope _ = new Scope()) {
      long in = weight.size(1);
      long out = weight.size(0);
      Tensor turned = own(weight.t()); // [in, out]
      Tensor input = random(rows, in); // [rows, in]
      Tensor output = random(rows, out); // [rows, out]
      products.add(() -> torch.mm_out(output, input, turned));
      operations += 2.0 * rows * in * out;
    }
  }

  /// The backward products of a linear layer: the input's gradient dY W, and the weight's gradient
  /// dYᵀ x.
  ///
  /// @param weight [out, in], borrowed
  /// @param ofInput whether the input's gradient is needed
  /// @param ofWeight whether the weight's gradient is needed
  void addLinearBackward(long rows, Tensor weight, boolean ofInput, boolean ofWeight) {
    try (Scope _ = new Scope()) {
      long in = weight.size(1);
      long out = weight.size(0);
      Tensor gradient = random(rows, out); // [rows, out]
      if (ofInput) {
        Tensor matrix = own(weight.alias()); // [out, in]
        Tensor inputGradient = random(rows, in); // [rows, in]
        products.add(() -> torch.mm_out(inputGradient, gradient, matrix));
        operations += 2.0 * rows * in * out;
      }
      if (ofWeight) {
        Tensor turned = own(gradient.t()); // [out, rows]
        Tensor input = random(rows, in); // [rows, in]
        Tensor weightGradient = random(out, in); // [out, in]
        products.add(() -> torch.mm_out(weightGradient, turned, input));
        operations += 2.0 * rows * in * out;
      }
    }
  }

  /// y[out] = W x.
  ///
  /// @param weight [out, in], borrowed
  void addOneRow(Tensor weight) {
    try (Scope _ = new Scope()) {
      Tensor matrix = own(weight.alias()); // [out, in]
      Tensor input = random(weight.size(1)); // [in]
      Tensor output = random(weight.size(0)); // [out]
      products.add(() -> torch.mv_out(output, matrix, input));
      operations += 2.0 * weight.numel();
    }
  }

  /// Both products of attention, without a mask.
  void addAttention(long heads, long rows, long headDim) {
    try (Scope _ = new Scope()) {
      Tensor query = random(heads, rows, headDim);
      Tensor key = own(random(heads, rows, headDim).transpose(1, 2)); // [heads, headDim, rows]
      Tensor value = random(heads, rows, headDim);
      Tensor scores = random(heads, rows, rows);
      Tensor output = random(heads, rows, headDim);
      products.add(() -> torch.bmm_out(scores, query, key));
      products.add(() -> torch.bmm_out(output, scores, value));
      operations += 4.0 * heads * rows * rows * headDim;
    }
  }

  /// The four backward products of attention; the scores are not computed again.
  void addAttentionBackward(long heads, long rows, long headDim) {
    try (Scope _ = new Scope()) {
      Tensor narrow = random(heads, rows, headDim);
      Tensor turned = own(narrow.transpose(1, 2)); // [heads, headDim, rows]
      Tensor scores = random(heads, rows, rows);
      Tensor output = random(heads, rows, headDim);
      for (int i = 0; i < 3; i++) { // gradients of value, query and key
        products.add(() -> torch.bmm_out(output, scores, narrow));
      }
      products.add(() -> torch.bmm_out(scores, narrow, turned));
      operations += 8.0 * heads * rows * rows * headDim;
    }
  }

  /// Floating point operations of one [#run].
  double operations() {
    return operations;
  }

  void run() {
    openblas_nolapack.blas_set_num_threads(Runtime.getRuntime().availableProcessors());
    try {
      for (Runnable product : products) {
        try (Scope _ = new Scope()) {
          product.run();
        }
      }
    } finally {
      NativeRuntime.useOneThreadPool();
    }
  }

  @Override
  public void close() {
    owned.forEach(Tensor::close);
    owned.clear();
    products.clear();
  }

  private Tensor random(long... shape) {
    return own(
        torch
            .empty(shape, Tensors.options(DType.F32), new MemoryFormatOptional())
            .fill_(new Scalar(0.01)));
  }

  private Tensor own(Tensor tensor) {
    owned.add(Scope.own(tensor));
    return tensor;
  }
}
