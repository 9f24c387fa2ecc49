package llava4j.tensor;

import java.util.Locale;
import llava4j.error.BadInputException;
import llava4j.error.Choice;

/// The format of the language model's matrices in memory. Activations are fp32 on the CPU and bf16
/// on a GPU, where matrices are bf16 or quantised.
public enum WeightFormat {
  /// As stored: quantised matrices stay quantised, 16-bit matrices stay 16-bit and are mapped from
  /// the file, everything else is fp32. Small models are fp32 throughout (see
  /// `llava4j.model.load.SmallModel`). On a GPU, everything but quantised matrices is bf16, and on
  /// one without products for them these are, too (see `llava4j.model.load.LoadedFormat`).
  AUTO,
  FP32,
  FP16,
  BF16,
  /// Quantised to 8 bits with one scale per 32 values, while the model is loaded.
  Q8,
  /// Quantised to 4 bits with one scale per 32 values; the output head to 8 bits.
  Q4;

  /// Parses `auto`, `fp32`, `fp16`, `bf16`, `q8` or `q4`.
  public static WeightFormat parse(String text) {
    return Choice.parse(WeightFormat.class, "weight format", text);
  }

  /// The type in memory of a matrix that is stored as `stored` and is not quantised. With `q8` and
  /// `q4`, these are the embedding table and matrices that cannot be split into blocks.
  public DType typeFor(DType stored) {
    return switch (this) {
      case AUTO -> stored == DType.F16 || stored == DType.BF16 ? stored : DType.F32;
      case FP32 -> DType.F32;
      case FP16, Q8, Q4 -> DType.F16;
      case BF16 -> DType.BF16;
    };
  }

  /// This format, for matrices on a device.
  ///
  /// @throws BadInputException on a GPU, whose activations are bf16, for FP32 and FP16: they would
  ///   be ignored
  public WeightFormat requireFor(Device device) {
    if (device instanceof Device.Cuda && (this == FP32 || this == FP16)) {
      throw new BadInputException(
          "weights as "
              + this
              + " are for the processor, and on a GPU they are bf16, q8 or q4; leave --weights out,"
              + " or use --device cpu");
    }
    return this;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
