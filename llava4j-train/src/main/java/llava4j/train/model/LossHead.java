package llava4j.train.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llava4j.model.linear.Norm;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.shard.ParameterUnit;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Final norm, head and cross-entropy, in chunks of positions: the logits of all positions never
/// exist at the same time, and no logits are computed for positions whose next token is not
/// supervised.
final class LossHead {
  static final String NORM = "language_model.norm.weight";
  static final String HEAD = "lm_head.weight";

  private final ParameterUnit unit;
  private final ParameterUnit tiedOrNull;
  private final double rmsNormEps;
  private final int chunkRows;

  /// @param unit parameter unit of the norm and, unless tied, the head
  /// @param tiedOrNull parameter unit of the embedding table if the head shares its matrix, else
  ///   null
  /// @param chunkRows maximum number of positions whose logits exist at the same time
  LossHead(ParameterUnit unit, ParameterUnit tiedOrNull, double rmsNormEps, int chunkRows) {
    this.unit = unit;
    this.tiedOrNull = tiedOrNull;
    this.rmsNormEps = rmsNormEps;
    this.chunkRows = chunkRows;
  }

  /// @param sum sum of the cross-entropies
  /// @param hiddenGradient gradient of `scale * sum` with respect to the hidden states, with their
  ///   shape
  record Result(double sum, Tensor hiddenGradient) {}

  /// Computes loss and gradients, and adds the gradients of norm and head to their units.
  ///
  /// @param hidden hidden states after the last block, [sequences, tokens, dim]
  /// @param predictors flattened positions whose next token is supervised, [n]
  /// @param targets ids of these next tokens, [n]
  /// @param scale factor of the loss for the gradients
  Result forwardBackward(Tensor hidden, Tensor predictors, Tensor targets, double scale) {
    try (Scope scope = new Scope();
        ParameterUnit.Gathered own = unit.gather().await();
        ParameterUnit.Gathered tied = tiedOrNull == null ? null : tiedOrNull.gather().await()) {
      Map<String, Tensor> parameters = own.parameters();
      Tensor head =
          tied == null ? parameters.get(HEAD) : tied.parameters().get(ModelUnits.EMBEDDING);
      Chunks chunks = new Chunks(hidden.flatten(0, 1), parameters.get(NORM), head, scale);
      for (long start = 0; start < predictors.size(0); start += chunkRows) {
        long length = Math.min(chunkRows, predictors.size(0) - start);
        try (Scope _ = new Scope()) {
          chunks.add(predictors.narrow(0, start, length), targets.narrow(0, start, length));
        }
      }
      accumulate(chunks.gradients());
      return new Result(chunks.loss, scope.keep(chunks.gradient.view(Tensors.shape(hidden))));
    }
  }

  /// Processes the chunks of one batch in turn. The gradients of cross-entropy and head are
  /// computed by hand, in place of the logits: with autograd they would need four times the memory.
  private final class Chunks {
    private final Tensor hidden; // [rows, dim]
    private final Tensor norm; // [dim]
    private final Tensor head; // [vocab, dim]
    private final double scale;
    private final Tensor gradient; // of hidden, [rows, dim]
    private final Map<String, Tensor> ofParameters = new LinkedHashMap<>();
    private double loss;
    private boolean headGradientStarted;

    Chunks(Tensor hidden, Tensor norm, Tensor head, double scale) {
      this.hidden = hidden;
      this.norm = norm;
      this.head = head.detach();
      this.scale = scale;
      this.gradient = torch.zeros_like(hidden);
      if (unit.isTrainable()) {
        Tensor ofNorm = Tensors.exact(torch.zeros_like(norm.detach())); // [dim]
        ofParameters.put(NORM, ofNorm);
        ofParameters.put(
            HEAD, torch.empty(Tensors.shape(this.head), ofNorm.options(), null)); // [vocab, dim]
      }
    }

    void add(Tensor rows, Tensor targets) {
      Tensor input = hidden.index_select(0, rows).requires_grad_(); // [chunk, dim]
      Tensor normed; // [chunk, dim]
      try (GradientMode _ = GradientMode.recorded()) {
        normed = new Norm.Rms(norm, rmsNormEps).forward(input);
      }
      Tensor ofNormed = lossAndGradient(normed.detach(), targets); // [chunk, dim]
      Gradients gradients =
          Gradients.of(List.of(normed), List.of(ofNormed), List.of(input), Map.of(NORM, norm));
      gradient.index_copy_(0, rows, gradients.ofInputs().getFirst());
      gradients.ofParameters().forEach((name, value) -> ofParameters.get(name).add_(value));
    }

    /// Adds the chunk to the loss and to the head's gradient.
    ///
    /// @return the gradient of `normed`, [chunk, dim]
    private Tensor lossAndGradient(Tensor normed, Tensor targets) {
      try (Scope scope = new Scope();
          GradientMode _ = GradientMode.off()) {
        Tensor logits = Tensors.exact(torch.linear(normed, head)); // [chunk, vocab]
        Tensor columns = targets.unsqueeze(1); // [chunk, 1]
        logits.sub_(logits.logsumexp(new long[] {1}, true)); // log probabilities
        loss -= logits.gather(1, columns).sum().item_double();
        logits.exp_(); // probabilities, minus 1 at the target: the gradient
        logits.scatter_add_(
            1, columns, torch.full_like(columns, new Scalar(-1)).to(logits.dtype()));
        Tensor ofLogits = logits.mul_(new Scalar(scale)).to(head.dtype()); // [chunk, vocab]
        if (unit.isTrainable()) {
          addToHead(ofLogits, normed);
        }
        return scope.keep(ofLogits.mm(head));
      }
    }

    private void addToHead(Tensor ofLogits, Tensor normed) {
      Tensor sum = ofParameters.get(HEAD); // [vocab, dim]
      boolean direct = Tensors.type(sum) == Tensors.type(normed);
      if (direct && headGradientStarted) {
        sum.addmm_(ofLogits.t(), normed);
      } else if (direct) {
        torch.mm_out(sum, ofLogits.t(), normed);
      } else if (headGradientStarted) {
        sum.add_(ofLogits.t().mm(normed));
      } else {
        sum.copy_(ofLogits.t().mm(normed));
      }
      headGradientStarted = true;
    }

    Map<String, Tensor> gradients() {
      if (!headGradientStarted && unit.isTrainable()) {
        ofParameters.get(HEAD).zero_(); // nothing was supervised
      }
      return ofParameters;
    }
  }

  private void accumulate(Map<String, Tensor> sums) {
    if (unit.isTrainable()) {
      Map<String, Tensor> own = new LinkedHashMap<>(sums);
      Tensor head = tiedOrNull == null ? null : own.remove(HEAD);
      unit.accumulate(own);
      unit.complete();
      if (tiedOrNull != null) {
        tiedOrNull.accumulate(head == null ? Map.of() : Map.of(ModelUnits.EMBEDDING, head));
      }
    }
  }
}
