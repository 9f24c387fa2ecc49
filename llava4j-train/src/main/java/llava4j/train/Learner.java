package llava4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.NativeHeap;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.batch.Batch;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.model.ModelUnits;
import llava4j.train.model.Objective;
import llava4j.train.model.Objective.Planned;
import llava4j.train.optim.AdamW;
import llava4j.train.optim.LearningRateSchedule;
import llava4j.train.shard.ParameterUnit;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// One optimiser step: micro-batches forward and backward, gradients over all processes, clipping,
/// update.
final class Learner {
  private static final int STEPS_BETWEEN_CLEANINGS = 32;
  private static final double CLIP_EPSILON = 1e-6; // as torch.nn.utils.clip_grad_norm_

  private final TrainConfig config;
  private final Objective objective;
  private final ModelUnits units;
  private final ProcessGroup group;
  private final Device device;
  private final AdamW adam;
  private final NativeHeap heap = new NativeHeap();
  private final long totalSteps;

  Learner(
      TrainConfig config,
      Objective objective,
      ModelUnits units,
      ProcessGroup group,
      Device device,
      long totalSteps) {
    this.config = config;
    this.objective = objective;
    this.units = units;
    this.group = group;
    this.device = device;
    this.adam = new AdamW(config.optimization().adam());
    this.totalSteps = totalSteps;
  }

  /// What a step did, over all processes.
  ///
  /// @param stop some process was asked to stop
  record Outcome(
      double loss,
      double gradNorm,
      double learningRate,
      double projectorLearningRate,
      long samples,
      long rows,
      long supervised,
      boolean stop) {}

  /// @param step counted from 0
  /// @param batches this process's micro-batches; other processes have equally many
  /// @param stop this process was asked to stop
  Outcome step(long step, List<Batch> batches, boolean stop) {
    List<Planned> planned = new ArrayList<>();
    batches.forEach(batch -> planned.add(objective.plan(batch)));
    double ownSupervised = planned.stream().mapToDouble(Planned::supervised).sum();
    double[] counts =
        overAll(
            ownSupervised,
            planned.stream().mapToDouble(one -> one.plan().realRows()).sum(),
            batches.stream().mapToDouble(batch -> batch.samples().size()).sum(),
            stop ? 1 : 0);
    double loss = 0;
    for (int i = 0; i < planned.size(); i++) {
      Planned one = planned.get(i);
      double scale = scale(one, planned.size(), counts[0]);
      double sum = objective.forwardBackward(one, scale, seed(step, i));
      requireFinite(sum, step, one);
      loss += sum * scale;
    }
    double totalLoss = overAll(loss)[0];
    double norm = reduceAndMeasure();
    if (!Double.isFinite(norm)) {
      throw new NotFiniteException(
          "the gradients of step " + (step + 1) + " are not finite (norm " + norm + ")");
    }
    double rate = rate(step, config.optimization().learningRate());
    double projectorRate =
        rate(step, ModelUnits.baseRate(config.optimization(), ModelUnits.PROJECTOR));
    update(step, clip(norm));
    if (step % STEPS_BETWEEN_CLEANINGS == 0) {
      heap.giveBackFree();
    }
    return new Outcome(
        totalLoss,
        norm,
        rate,
        projectorRate,
        (long) counts[2],
        (long) counts[1],
        (long) counts[0],
        counts[3] > 0);
  }

  /// Whether no weight of any process is NaN or infinite.
  boolean hasFiniteWeights() {
    double broken = 0;
    for (ParameterUnit unit : units.trainable()) {
      broken += unit.isFinite() ? 0 : 1;
    }
    return overAll(broken)[0] == 0;
  }

  /// The learning rate of a step, counted from 0.
  double rate(long step, double base) {
    LearningRateSchedule schedule = config.optimization().schedule();
    long warmup = LearningRateSchedule.warmupSteps(config.optimization().warmupRatio(), totalSteps);
    return base * schedule.factor(step, warmup, totalSteps);
  }

  private double scale(Planned one, int microBatches, double supervisedOverAll) {
    return switch (config.batching().lossAverage()) {
      case REFERENCE -> 1.0 / ((double) one.supervised() * microBatches * group.size());
      case TOKENS -> 1.0 / supervisedOverAll;
    };
  }

  private double reduceAndMeasure() {
    double squares = 0;
    for (ParameterUnit unit : units.trainable()) {
      unit.reduceGradients();
      squares += unit.squaredNorm();
    }
    return Math.sqrt(overAll(squares)[0]);
  }

  private double clip(double norm) {
    double limit = config.optimization().maxGradNorm();
    return limit > 0 ? Math.min(1, limit / (norm + CLIP_EPSILON)) : 1;
  }

  private void update(long step, double factor) {
    double decay = config.optimization().weightDecay();
    for (ParameterUnit unit : units.trainable()) {
      double rate = rate(step, ModelUnits.baseRate(config.optimization(), unit.layout().name()));
      unit.update(adam, factor, step + 1, rate, decay);
    }
  }

  private double[] overAll(double... values) {
    try (Scope _ = new Scope()) {
      Tensor sums = torch.zeros(new long[] {values.length}, Tensors.options(DType.F64));
      for (int i = 0; i < values.length; i++) {
        sums.select(0, i).fill_(new Scalar(values[i]));
      }
      Tensor here = sums.to(device.torchDevice(), DType.F64.scalarType()); // [values]
      group.sum(here);
      double[] result = new double[values.length];
      for (int i = 0; i < values.length; i++) {
        result[i] = here.select(0, i).item_double();
      }
      return result;
    }
  }

  private long seed(long step, int microBatch) {
    long mixed = config.execution().seed();
    for (long part : new long[] {step, microBatch, group.rank()}) {
      mixed = (mixed ^ part) * 0x9E3779B97F4A7C15L;
      mixed ^= mixed >>> 32;
    }
    return mixed & 0xFFFFFFFFL;
  }

  private void requireFinite(double sum, long step, Planned one) {
    if (!Double.isFinite(sum)) {
      throw new NotFiniteException(
          String.format(
              Locale.ROOT,
              "the loss of step %d is %s; samples: %s",
              step + 1,
              sum,
              one.batch().ids()));
    }
  }
}
