package llava4j.model;

import static llava4j.model.Attention.joinHeads;
import static llava4j.model.Attention.splitHeads;

import java.util.List;
import llava4j.config.TextConfig;
import llava4j.model.linear.Linear;
import llava4j.model.linear.Norm;
import llava4j.model.linear.Parameters;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Tensor;

/// One block of the decoder: attention and feed-forward, each with a norm before it and a residual
/// connection. It is cheap to create, so training creates one for gathered weights and discards it.
public final class DecoderBlock {
  private final int layer;
  private final int numHeads;
  private final int numKvHeads;
  private final Norm attentionNorm;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;
  private final Norm feedForwardNorm;
  private final Linear gate;
  private final Linear up;
  private final Linear down;

  /// Gets its weights from `parameters`, which owns them.
  public DecoderBlock(int layer, TextConfig config, Parameters parameters) {
    String prefix = "language_model.layers." + layer + ".";
    this.layer = layer;
    this.numHeads = config.numHeads();
    this.numKvHeads = config.numKvHeads();
    this.attentionNorm = parameters.rmsNorm(prefix + "input_layernorm", config.rmsNormEps());
    this.query = parameters.linear(prefix + "self_attn.q_proj");
    this.key = parameters.linear(prefix + "self_attn.k_proj");
    this.value = parameters.linear(prefix + "self_attn.v_proj");
    this.output = parameters.linear(prefix + "self_attn.o_proj");
    this.feedForwardNorm =
        parameters.rmsNorm(prefix + "post_attention_layernorm", config.rmsNormEps());
    this.gate = parameters.linear(prefix + "mlp.gate_proj");
    this.up = parameters.linear(prefix + "mlp.up_proj");
    this.down = parameters.linear(prefix + "mlp.down_proj");
  }

  boolean hasQuantizedWeights() {
    return query.isQuantized();
  }

  boolean roundsPrompts() {
    return query.roundsManyRows();
  }

  /// The inputs of a block's attention, with rotary positions applied.
  ///
  /// @param query [batch, heads, tokens, headDim]
  /// @param key [batch, kvHeads, tokens, headDim]
  /// @param value as key
  public record Projected(Tensor query, Tensor key, Tensor value) {}

  /// Runs the block.
  ///
  /// @param hidden [batch, tokens, dim]
  /// @return [batch, tokens, dim]
  public Tensor forward(Tensor hidden, DecoderPass pass) {
    try (Scope scope = new Scope()) {
      Tensor heads = attention(project(hidden, pass), pass); // [batch, heads, tokens, headDim]
      return scope.keep(finish(hidden, heads, pass)); // [batch, tokens, dim]
    }
  }

  /// The first third of a block: queries, keys and values.
  ///
  /// @param hidden [batch, tokens, dim]
  public Projected project(Tensor hidden, DecoderPass pass) {
    try (Scope scope = new Scope()) {
      Tensor normed = pass.rowOps().norm(attentionNorm, hidden); // [batch, tokens, dim]
      List<Tensor> projected = Linear.forwardAll(normed, query, key, value);
      Tensor q =
          pass.rowOps()
              .rotatedHeads(
                  projected.get(0), numHeads, pass.angles()); // [batch, heads, tokens, headDim]
      Tensor k =
          pass.rowOps()
              .rotatedHeads(
                  projected.get(1), numKvHeads, pass.angles()); // [batch, kvHeads, tokens, headDim]
      Tensor v = splitHeads(projected.get(2), numKvHeads); // [batch, kvHeads, tokens, headDim]
      return new Projected(scope.keep(q), scope.keep(k), scope.keep(v));
    }
  }

  /// The second third: attention.
  ///
  /// @return [batch, heads, tokens, headDim]
  public Tensor attention(Projected projected, DecoderPass pass) {
    return pass.attend(layer, projected);
  }

  /// The last third: output projection and feed-forward.
  ///
  /// @param hidden input of the block (the residual), [batch, tokens, dim]
  /// @param heads [batch, heads, tokens, headDim]
  /// @return [batch, tokens, dim]
  public Tensor finish(Tensor hidden, Tensor heads, DecoderPass pass) {
    try (Scope scope = new Scope()) {
      Tensor attended = output.forward(joinHeads(heads)); // [batch, tokens, dim]
      Tensor middle = attended.add_(hidden); // [batch, tokens, dim]
      Tensor normed = pass.rowOps().norm(feedForwardNorm, middle); // [batch, tokens, dim]
      Tensor fed = feedForward(normed, pass); // [batch, tokens, dim]
      return scope.keep(fed.add_(middle)); // [batch, tokens, dim]
    }
  }

  private Tensor feedForward(Tensor normed, DecoderPass pass) {
    try (Scope scope = new Scope()) {
      List<Tensor> wide = Linear.forwardAll(normed, gate, up); // [batch, tokens, intermediate] each
      Tensor gated =
          pass.rowOps().swiGlu(wide.get(0), wide.get(1)); // [batch, tokens, intermediate]
      return scope.keep(down.forward(gated)); // [batch, tokens, dim]
    }
  }
}
