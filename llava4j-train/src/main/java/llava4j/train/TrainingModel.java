package llava4j.train;

import java.util.ArrayList;
import java.util.List;
import llava4j.config.LlavaConfig;
import llava4j.image.FeatureLayout;
import llava4j.model.DecoderPass;
import llava4j.model.ImageEncoder;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.batch.Batch;
import llava4j.train.batch.LabelledTokens;
import llava4j.train.batch.SequencePlan;
import org.bytedeco.pytorch.Tensor;

/// LLaVA in training: the same parts as in inference, forward and backward, over units of
/// parameters that may be dealt to processes.
final class TrainingModel {

  /// How a batch is brought in shape.
  ///
  /// @param maxLength rows that a sample may have
  /// @param packing several samples share a sequence
  record Shape(int maxLength, boolean packing) {}

  private final LlavaConfig config;
  private final Device device;
  private final Shape shape;
  private final InputStage input;
  private final BlockStack blocks;
  private final LossHead head;

  TrainingModel(
      LlavaConfig config,
      Device device,
      Shape shape,
      InputStage input,
      BlockStack blocks,
      LossHead head) {
    this.config = config;
    this.device = device;
    this.shape = shape;
    this.input = input;
    this.blocks = blocks;
    this.head = head;
  }

  /// A batch and where each of its rows comes from.
  record Planned(Batch batch, SequencePlan plan) {
    long supervised() {
      return plan.predictors().length;
    }
  }

  Planned plan(Batch batch) {
    List<LabelledTokens> texts = new ArrayList<>();
    List<List<int[]>> sources = new ArrayList<>();
    int rowsPerView = config.vision().rowsPerView();
    int views = batch.pictures().stream().mapToInt(picture -> picture.pixels().views()).sum();
    int firstRow = 0;
    for (Batch.Item item : batch.samples()) {
      texts.add(item.tokens());
      List<int[]> ofItem = new ArrayList<>();
      for (Batch.Picture picture : item.pictures()) {
        ofItem.add(rows(picture, firstRow, views * rowsPerView));
        firstRow += picture.pixels().views() * rowsPerView;
      }
      sources.add(ofItem);
    }
    return new Planned(batch, SequencePlan.of(texts, sources, shape.maxLength(), shape.packing()));
  }

  /// Runs a batch and adds all gradients to the units.
  ///
  /// @param scale of the sum of cross-entropies
  /// @param seed of the dropout
  /// @return the sum of cross-entropies
  double forwardBackward(Planned planned, double scale, long seed) {
    SequencePlan plan = planned.plan();
    try (Scope _ = new Scope()) {
      InputStage.Result in = input.forward(plan, planned.batch().pictures());
      DecoderPass pass = pass(plan, in.embeddings());
      Tensor hidden = blocks.forward(in.embeddings(), pass, seed); // [sequences, tokens, dim]
      LossHead.Result loss =
          head.forwardBackward(hidden, index(plan.predictors()), index(plan.targets()), scale);
      Tensor gradient =
          blocks.backward(loss.hiddenGradient(), pass, seed); // [sequences, tokens, dim]
      input.backward(plan, in, gradient);
      return loss.sum();
    }
  }

  private int[] rows(Batch.Picture picture, int firstRow, int newlineRow) {
    int[] order = ImageEncoder.order(config, picture.pixels().grid());
    for (int i = 0; i < order.length; i++) {
      order[i] = order[i] == FeatureLayout.NEWLINE ? newlineRow : firstRow + order[i];
    }
    return order;
  }

  private DecoderPass pass(SequencePlan plan, Tensor like) {
    Tensor allowed = plan.packed() ? sameSample(plan) : null;
    return DecoderPass.whole(
        config.text(), plan.positions(), plan.sequences(), plan.tokens(), allowed, like);
  }

  /// Rows see earlier rows of their own sample. [sequences, 1, tokens, tokens]
  private Tensor sameSample(SequencePlan plan) {
    long[] segments = new long[plan.segments().length];
    for (int i = 0; i < segments.length; i++) {
      segments[i] = plan.segments()[i];
    }
    try (Scope scope = new Scope()) {
      Tensor of = Tensors.ofLongs(segments, plan.sequences(), 1, plan.tokens(), 1);
      Tensor same = of.eq(of.transpose(2, 3)).tril(); // [sequences, 1, tokens, tokens]
      return scope.keep(same.to(device.torchDevice(), DType.BOOL.scalarType()));
    }
  }

  private Tensor index(long[] values) {
    return Tensors.ofLongs(values, values.length).to(device.torchDevice(), DType.I64.scalarType());
  }
}
