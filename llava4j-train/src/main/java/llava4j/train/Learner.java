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

/// Runs one optimiser step: forward and backward for each micro-batch, gradient reduction over all
/// processes, gradient clipping, update.
final class Learner {
  private static final int STEPS_BETWEEN_HEAP_TRIMS = 32;
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

  /// The result of a step, over all processes.
  ///
  /// @param loss mean cross-entropy, averaged as the configuration says
  /// @param gradNorm L2 norm of all gradients, before clipping
  /// @param rows positions of the language model, padding excluded
  /// @param supervised tokens that contribute to the loss
  /// @param stop whether any process was asked to stop
  record Outcome(
      double loss,
      double gradNorm,
      double learningRate,
      double projectorLearningRate,
      long samples,
      long rows,
      long supervised,
      boolean stop) {}

  /// Runs one step. All processes call it together.
  ///
  /// @param step counted from 0
  /// @param batches micro-batches of this process; every process has the same number of them
  /// @param stop whether this process was asked to stop
  /// @throws NotFiniteException if the loss or a gradient is NaN or infinite
  Outcome step(long step, List<Batch> batches, boolean stop) {
    List<Planned> planned = new ArrayList<>();
    batches.forEach(batch -> planned.add(objective.plan(batch)));
    double ownSupervised = planned.stream().mapToDouble(Planned::supervised).sum();
    double[] counts =
        sumOverProcesses(
            ownSupervised,
            planned.stream().mapToDouble(one -> one.plan().realRows()).sum(),
            batches.stream().mapToDouble(batch -> batch.samples().size()).sum(),
            stop ? 1 : 0);
    double loss = 0;
    for (int i = 0; i < planned.size(); i++) {
      Planned one = planned.get(i);
      double scale = scale(one, planned.size(), counts[0]);
      if (i == planned.size() - 1) {
        units.reductions().beginLastMicroBatch();
      }
      double sum = objective.forwardBackward(one, scale, seed(step, i));
      requireFinite(sum, step, one);
      loss += sum * scale;
    }
    double totalLoss = sumOverProcesses(loss)[0];
    double norm = reduceAndMeasure();
    if (!Double.isFinite(norm)) {
      throw new NotFiniteException(
          "the gradients of step " + (step + 1) + " are not finite (norm " + norm + ")");
    }
    double rate = rate(step, config.optimization().learningRate());
    double projectorRate =
        rate(step, ModelUnits.baseRate(config.optimization(), ModelUnits.PROJECTOR));
    update(step, clip(norm));
    if (step % STEPS_BETWEEN_HEAP_TRIMS == 0) {
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

  /// Whether all trainable weights of all processes are finite. All processes call it together.
  boolean hasFiniteWeights() {
    double broken = 0;
    for (ParameterUnit unit : units.trainable()) {
      broken += unit.isFinite() ? 0 : 1;
    }
    return sumOverProcesses(broken)[0] == 0;
  }

  /// The learning rate of a step.
  ///
  /// @param step counted from 0
  /// @param base learning rate after warm-up
  double rate(long step, double base) {
    LearningRateSchedule schedule = config.optimization().schedule();
    long warmup = LearningRateSchedule.warmupSteps(config.optimization().warmupRatio(), totalSteps);
    return base * schedule.factor(step, warmup, totalSteps);
  }

  private double scale(Planned one, int microBatches, double supervisedOfAllProcesses) {
    return switch (config.batching().lossAverage()) {
      case REFERENCE -> 1.0 / ((double) one.supervised() * microBatches * group.size());
      case TOKENS -> 1.0 / supervisedOfAllProcesses;
    };
  }

  private double reduceAndMeasure() {
    units.trainable().forEach(ParameterUnit::reduceGradients);
    units.reductions().endStep();
    double squares = 0;
    for (ParameterUnit unit : units.trainable()) {
      squares += unit.squaredNorm();
    }
    return Math.sqrt(sumOverProcesses(squares)[0]);
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

  private double[] sumOverProcesses(double... values) {
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
