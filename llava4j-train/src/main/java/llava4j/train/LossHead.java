package llava4j.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llava4j.model.Norm;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.shard.ParameterUnit;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/// Final norm, head and cross-entropy, in chunks of rows: logits of all positions never exist at
/// once, and rows that predict nothing supervised have none at all.
final class LossHead {
  static final String NORM = "language_model.norm.weight";
  static final String HEAD = "lm_head.weight";
  static final String EMBEDDING = "language_model.embed_tokens.weight";

  private static final long SUM = 2; // at::Reduction::Sum

  private final ParameterUnit unit;
  private final ParameterUnit tiedOrNull;
  private final double rmsNormEps;
  private final int chunkRows;

  /// @param unit norm and, unless tied, head
  /// @param tiedOrNull the embedding's unit where the head shares its matrix
  /// @param chunkRows rows whose logits exist at once
  LossHead(ParameterUnit unit, ParameterUnit tiedOrNull, double rmsNormEps, int chunkRows) {
    this.unit = unit;
    this.tiedOrNull = tiedOrNull;
    this.rmsNormEps = rmsNormEps;
    this.chunkRows = chunkRows;
  }

  /// @param sum of the cross-entropies
  /// @param hiddenGradient of scale times that sum, as the hidden states
  record Result(double sum, Tensor hiddenGradient) {}

  /// Computes loss and gradients, and adds those of norm and head to their units.
  ///
  /// @param hidden output of the last block, [sequences, tokens, dim]
  /// @param predictors rows of `hidden`, flattened, whose successors are supervised, [n]
  /// @param targets ids, [n]
  Result forwardBackward(Tensor hidden, Tensor predictors, Tensor targets, double scale) {
    try (Scope scope = new Scope();
        ParameterUnit.Gathered own = unit.gather().await();
        ParameterUnit.Gathered tied = tiedOrNull == null ? null : tiedOrNull.gather().await()) {
      Map<String, Tensor> parameters = new LinkedHashMap<>(own.parameters());
      if (tied != null) {
        parameters.put(HEAD, tied.parameters().get(EMBEDDING));
      }
      Tensor flat = hidden.flatten(0, 1); // [rows, dim]
      Tensor gradient = torch.zeros_like(flat); // [rows, dim]
      Map<String, Tensor> sums = new LinkedHashMap<>();
      double loss = 0;
      for (long start = 0; start < predictors.size(0); start += chunkRows) {
        long length = Math.min(chunkRows, predictors.size(0) - start);
        try (Scope _ = new Scope()) {
          Tensor rows = predictors.narrow(0, start, length); // [chunk]
          Tensor input = flat.index_select(0, rows).requires_grad_(); // [chunk, dim]
          loss +=
              chunk(
                  input, targets.narrow(0, start, length), parameters, scale, sums, gradient, rows);
        }
      }
      accumulate(sums);
      sums.values().forEach(Tensor::close);
      return new Result(loss, scope.keep(gradient.view(Tensors.shape(hidden))));
    }
  }

  private double chunk(
      Tensor input,
      Tensor targets,
      Map<String, Tensor> parameters,
      double scale,
      Map<String, Tensor> sums,
      Tensor gradient,
      Tensor rows) {
    try (GradientMode _ = GradientMode.recorded()) {
      Tensor normed = new Norm.Rms(parameters.get(NORM), rmsNormEps).forward(input); // [chunk, dim]
      Tensor logits = exact(torch.linear(normed, parameters.get(HEAD))); // [chunk, vocab]
      Tensor loss =
          torch.cross_entropy_loss(logits, targets, new TensorOptional(), SUM, -100, 0.0); // []
      Gradients gradients =
          Gradients.of(
              List.of(loss),
              List.of(torch.full_like(loss, new Scalar(scale))),
              List.of(input),
              parameters);
      gradient.index_copy_(0, rows, gradients.ofInputs().getFirst());
      gradients.ofParameters().forEach((name, value) -> addTo(sums, name, value));
      return loss.item_double();
    }
  }

  private void accumulate(Map<String, Tensor> sums) {
    if (unit.isTrainable()) {
      Map<String, Tensor> own = new LinkedHashMap<>(sums);
      Tensor head = tiedOrNull == null ? null : own.remove(HEAD);
      unit.accumulate(own);
      if (tiedOrNull != null) {
        tiedOrNull.accumulate(head == null ? Map.of() : Map.of(EMBEDDING, head));
      }
    }
  }

  private static void addTo(Map<String, Tensor> sums, String name, Tensor value) {
    Tensor sum = sums.get(name);
    if (sum == null) {
      sums.put(name, Scope.own(exact(value).clone()));
    } else {
      sum.add_(value);
    }
  }

  /// fp32, or fp64 as it is.
  private static Tensor exact(Tensor tensor) {
    return Tensors.type(tensor) == DType.F64 ? tensor : tensor.to(DType.F32.scalarType());
  }
}
