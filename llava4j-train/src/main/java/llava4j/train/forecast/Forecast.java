package llava4j.train.forecast;

import java.util.List;
import java.util.Locale;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.config.LlavaConfig;
import llava4j.config.TextConfig;
import llava4j.model.load.MemoryPlan;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainConfig.Activation;
import llava4j.train.model.ModelUnits;
import llava4j.train.model.QuantizedBase;
import llava4j.train.shard.ParameterUnit;
import llava4j.train.shard.ZeroStage;

/// Memory that a run will need, estimated before it starts.
///
/// @param weights bytes of the parameters on one process
/// @param gradients bytes of gradients
/// @param optimizer bytes of master weights and AdamW's moments
/// @param activations bytes of the activations that one micro-batch of maximum length keeps
/// @param tower bytes of the frozen vision tower
public record Forecast(long weights, long gradients, long optimizer, long activations, long tower) {

  /// Java, libtorch and their buffers.
  private static final long RUNTIME = 600L << 20;

  /// Peak memory of one process in bytes.
  public long peakBytes() {
    return weights + gradients + optimizer + activations + tower + RUNTIME;
  }

  /// Computes the estimate for one process.
  ///
  /// @param processes number of processes of the run
  /// @param quantized the 4-bit matrices, which are not part of the units
  public static Forecast of(
      TrainConfig config,
      LlavaConfig model,
      int processes,
      Device device,
      ModelUnits units,
      QuantizedBase quantized) {
    DType type = config.execution().precision().type();
    ZeroStage zero = config.execution().zero();
    long elements = 0;
    long learned = 0;
    long largest = 0;
    for (ParameterUnit unit : units.all()) {
      elements += unit.layout().elements();
      learned += unit.isTrainable() ? unit.layout().elements() : 0;
      largest = Math.max(largest, unit.layout().elements());
    }
    long exact = type == DType.F64 ? DType.F64.bytes() : DType.F32.bytes();
    long masters = type.bytes() == exact ? 0 : exact;
    long weights =
        zero.shardsParameters()
            ? elements * type.bytes() / processes + 2 * largest * type.bytes()
            : elements * type.bytes();
    weights += quantized.bytes();
    long gradients = learned * exact / (zero.shardsGradients() ? processes : 1) + largest * exact;
    long optimizer = learned * (2 * exact + masters) / (zero.shardsOptimizer() ? processes : 1);
    long tower =
        config.parts().visionTower()
            ? 0
            : 2L * DType.F32.bytes() * ParameterTable.of(model).numParameters("vision_tower.");
    return new Forecast(
        weights, gradients, optimizer, activations(config, model.text(), type, device), tower);
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

  private static long activations(TrainConfig config, TextConfig text, DType type, Device device) {
    long rows = (long) config.batching().deviceBatch() * config.data().maxLength();
    long hidden = rows * text.dim() * type.bytes();
    boolean fused = type != DType.BF16 || !(device instanceof Device.Cpu);
    long scores = fused ? 0 : 2 * rows * config.data().maxLength() * text.numHeads() * type.bytes();
    long block = 12 * hidden + 5 * rows * text.intermediateDim() * type.bytes() + scores;
    boolean keep = config.execution().activation() == Activation.KEEP;
    long logits = 3L * config.batching().lossRows() * text.vocab() * DType.F32.bytes();
    return (long) text.numLayers() * (keep ? hidden + block : hidden) + (keep ? 0 : block) + logits;
  }

  /// One line for each part, for the user.
  public List<String> lines() {
    return List.of(
        line("weights", weights),
        line("gradients", gradients),
        line("optimiser", optimizer),
        line("activations", activations),
        line("vision tower", tower),
        line("peak", peakBytes()));
  }

  private static String line(String what, long bytes) {
    return String.format(Locale.ROOT, "%-14s %12s", what, MemoryPlan.gigabytes(bytes));
  }
}
