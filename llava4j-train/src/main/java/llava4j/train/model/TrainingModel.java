package llava4j.train.model;

import llava4j.config.LlavaConfig;
import llava4j.error.BadInputException;
import llava4j.model.DecoderPass;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.batch.Batch;
import llava4j.train.batch.SequencePlan;
import llava4j.train.config.TrainConfig;
import org.bytedeco.pytorch.Tensor;

/// The LLaVA model in training: the same modules as in inference, forward and backward, over
/// parameter units that may be sharded.
public final class TrainingModel implements Objective {

  private final LlavaConfig config;
  private final Device device;
  private final BatchRowPlanner planner;
  private final InputStage input;
  private final BlockStack blocks;
  private final LossHead head;

  /// Creates the model for a run.
  ///
  /// @param llava the model's hyperparameters
  /// @param units all parameters; not closed here
  /// @throws BadInputException in stage TOWER, where the language model does not run
  public static TrainingModel of(
      TrainConfig config,
      LlavaConfig llava,
      Device device,
      ModelUnits units,
      VisionFeatures features) {
    if (config.stage() == TrainConfig.Stage.TOWER) {
      throw new BadInputException(
          "stage tower has no objective of its own; give the job one (TrainJob.withObjective), as"
              + " llava train does");
    }
    BlockStack.Activations activations =
        switch (config.execution().activation()) {
          case RECOMPUTE -> BlockStack.Activations.RECOMPUTE;
          case KEEP -> BlockStack.Activations.KEEP;
        };
    return new TrainingModel(
        llava,
        device,
        BatchRowPlanner.of(config, llava),
        new InputStage(llava, units, features, device),
        new BlockStack(llava.text(), units.blocks(), config.parts().lora(), activations),
        new LossHead(
            units.unit("head"),
            llava.text().tieEmbeddings() ? units.unit("embedding") : null,
            llava.text().rmsNormEps(),
            config.batching().lossRows()));
  }

  private TrainingModel(
      LlavaConfig config,
      Device device,
      BatchRowPlanner planner,
      InputStage input,
      BlockStack blocks,
      LossHead head) {
    this.config = config;
    this.device = device;
    this.planner = planner;
    this.input = input;
    this.blocks = blocks;
    this.head = head;
  }

  @Override
  public Planned plan(Batch batch) {
    return planner.plan(batch);
  }

  /// Returns the sum of the cross-entropies.
  @Override
  public double forwardBackward(Planned planned, double scale, long seed) {
    SequencePlan plan = planned.plan();
    try (Scope _ = new Scope()) {
      InputStage.Result in = input.forward(plan, planned.batch().images());
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

  private DecoderPass pass(SequencePlan plan, Tensor like) {
    Tensor allowed = plan.packed() ? sameSample(plan) : null;
    return DecoderPass.whole(
        config.text(), plan.positions(), plan.sequences(), plan.tokens(), allowed, like);
  }

  /// Causal mask within each sample: true where a position may attend to an earlier position of its
  /// own sample or to itself. [sequences, 1, tokens, tokens]
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
