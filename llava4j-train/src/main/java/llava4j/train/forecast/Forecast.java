package llava4j.train.forecast;

import java.util.List;
import java.util.Locale;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.config.LlavaConfig;
import llava4j.model.load.MemoryPlan;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.train.config.TrainConfig;
import llava4j.train.model.QuantizedBase;
import llava4j.train.model.UnitShape;
import llava4j.train.shard.ZeroStage;

/// Memory that a run will need, estimated before it starts.
///
/// @param weights bytes of the parameters on one process
/// @param gradients bytes of gradients that are kept until the update
/// @param optimizer bytes of master weights and AdamW's moments
/// @param activations bytes of the activations of one micro-batch, at the largest moment of a step
/// @param buffers bytes of gathered weights and of gradients on their way, at the same moment
/// @param tower bytes of the frozen vision tower
/// @param runtime bytes of Java, libtorch and their buffers
public record Forecast(
    long weights,
    long gradients,
    long optimizer,
    long activations,
    long buffers,
    long tower,
    long runtime) {

  /// Java, libtorch and their buffers.
  private static final long RUNTIME = 600L << 20;

  /// Peak memory of one process in bytes.
  public long peakBytes() {
    return weights + gradients + optimizer + activations + buffers + tower + runtime;
  }

  /// This estimate with measured memory of a process that has no model.
  public Forecast withRuntime(long bytes) {
    return new Forecast(weights, gradients, optimizer, activations, buffers, tower, bytes);
  }

  /// The estimate for one process and the largest possible micro-batch.
  ///
  /// @param processes number of processes of the run
  public static Forecast of(TrainConfig config, LlavaConfig model, int processes, Device device) {
    return of(config, model, processes, device, BatchShape.largest(config, model));
  }

  /// The estimate for one process and micro-batches of this size.
  ///
  /// @param processes number of processes of the run
  public static Forecast of(
      TrainConfig config, LlavaConfig model, int processes, Device device, BatchShape batch) {
    DType type = config.execution().precision().type();
    ZeroStage zero = config.execution().zero();
    List<UnitShape> units = UnitShape.of(model, config);
    long elements = units.stream().mapToLong(UnitShape::elements).sum();
    long learned = units.stream().filter(UnitShape::trainable).mapToLong(UnitShape::elements).sum();
    long exact = type == DType.F64 ? DType.F64.bytes() : DType.F32.bytes();
    long masters = type.bytes() == exact ? 0 : exact;
    long weights = elements * type.bytes() / (zero.shardsParameters() ? processes : 1);
    weights += config.quantizeBase() ? QuantizedBase.bytesFor(model) : 0;
    long gradients = learned * exact / (zero.shardsGradients() ? processes : 1);
    long optimizer = learned * (2 * exact + masters) / (zero.shardsOptimizer() ? processes : 1);
    StepMemory.Peak peak = new StepMemory(config, model, processes, device, batch).peak(units);
    return new Forecast(
        weights,
        gradients,
        optimizer,
        peak.activations(),
        peak.buffers(),
        config.parts().visionTower() ? 0 : towerBytes(model, device),
        RUNTIME);
  }

  /// On a CPU, the matrices of the frozen tower are also there in a layout for fast products.
  private static long towerBytes(LlavaConfig model, Device device) {
    long parameters = ParameterTable.of(model).numParameters("vision_tower.");
    return parameters * device.computeType().bytes() * (device instanceof Device.Cpu ? 2 : 1);
  }

  /// Floating point operations of the language model for one token, forward and backward, without
  /// the recomputation of gradient checkpointing. 0 in stage TOWER, which does not run the language
  /// model.
  public static double flopsPerRow(LlavaConfig model, TrainConfig config) {
    if (config.stage() == TrainConfig.Stage.TOWER) {
      return 0;
    }
    double parameters = ParameterTable.of(model).numParameters("language_model.layers.");
    double head = (double) model.text().vocab() * model.text().dim();
    double passes = config.parts().languageModel() ? 6 : 4;
    return passes * (parameters + head);
  }

  /// Floating point operations of vision tower and projector for one view of an image, forward and
  /// backward. A frozen tower counts as 0, because its output may be cached.
  public static double flopsPerView(LlavaConfig model, TrainConfig config) {
    ParameterTable table = ParameterTable.of(model);
    double connector = 6.0 * table.numParameters("projector.") * model.vision().rowsPerView();
    double tower =
        6.0
            * table.numParameters("vision_tower.vision_model.encoder.")
            * (model.vision().numPatches() + 1);
    return config.parts().visionTower() ? tower + connector : connector;
  }

  /// One line for each part, for the user.
  public List<String> lines() {
    return List.of(
        line("weights", weights),
        line("gradients", gradients),
        line("optimiser", optimizer),
        line("activations", activations),
        line("buffers", buffers),
        line("vision tower", tower),
        line("runtime", runtime),
        line("peak", peakBytes()));
  }

  private static String line(String what, long bytes) {
    return String.format(Locale.ROOT, "%-14s %12s", what, MemoryPlan.gigabytes(bytes));
  }
}
