package llava4j.model.load;

import java.util.List;
import llava4j.checkpoint.gguf.RowQuantizer;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.model.linear.BfloatProducts;
import llava4j.model.linear.PrefillMode;
import llava4j.quant.BlockMatrix;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.QuantizedMatrix;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.WeightFormat;

/// How one matrix of the language model is kept in memory. This is decided from its description in
/// the checkpoint, before it is read.
sealed interface MatrixPlan {

  /// Bytes in memory.
  long bytes();

  /// As a tensor of this type.
  record Plain(DType type, long bytes) implements MatrixPlan {}

  /// In the quantised blocks of the checkpoint.
  record Stored(BlockMatrix blocks, long bytes) implements MatrixPlan {
    long numbers() {
      return blocks.rows() * blocks.columns();
    }
  }

  /// In quantised blocks that are made while loading.
  record Requantized(int bits, long numbers, long bytes) implements MatrixPlan {}

  /// Whether it has 16 bits.
  default boolean isHalf() {
    return this instanceof Plain plain && plain.type().bytes() == Short.BYTES;
  }

  /// The plans for the language model's linear layers.
  static List<MatrixPlan> ofAll(WeightSource source, Device device, WeightFormat format) {
    return source.tensors().values().stream()
        .filter(info -> LoadedParameters.isMatrix(info.name()))
        .filter(info -> !LoadedParameters.isTable(info.name()))
        .map(info -> linear(info, source, device, format))
        .toList();
  }

  /// Whether most quantised weights have 4 bits.
  static boolean haveFourBits(List<MatrixPlan> plans) {
    long four = 0;
    for (MatrixPlan plan : plans) {
      four +=
          switch (plan) {
            case Plain _ -> 0;
            case Stored stored -> signed(stored.blocks().layout().bits(), stored.numbers());
            case Requantized made -> signed(made.bits(), made.numbers());
          };
    }
    return four > 0;
  }

  private static long signed(int bits, long numbers) {
    return bits == 4 ? numbers : -numbers;
  }

  /// The type of vision tower and projector: that of activations; bf16 beside weights of 4 bits on
  /// CPUs that multiply it twice as fast, because what it changes is lost in what they change; and
  /// where bf16 is asked for.
  static DType ofImages(List<MatrixPlan> plans, Device device, PrefillMode prefill) {
    return device instanceof Device.Cpu
            && (prefill == PrefillMode.BF16
                || (haveFourBits(plans) && prefill != PrefillMode.EXACT))
            && BfloatProducts.areFast()
            && OneDnnLinear.find().isPresent()
        ? DType.BF16
        : device.computeType();
  }

  /// The plan for a matrix of a linear layer.
  static MatrixPlan linear(
      TensorInfo info, WeightSource source, Device device, WeightFormat format) {
    if (device instanceof Device.Cuda || info.shape().size() != 2) {
      return table(info, source, device, format);
    }
    long rows = info.shape().getFirst();
    long columns = info.shape().getLast();
    return switch (format) {
      case AUTO ->
          source
              .blocks(info.name())
              .<MatrixPlan>map(blocks -> new Stored(blocks, bytes(blocks)))
              .orElseGet(() -> table(info, source, device, format));
      case Q8, Q4 -> {
        if (!RowQuantizer.divides(columns)) {
          yield table(info, source, device, format);
        }
        int bits = format == WeightFormat.Q8 || info.name().equals("lm_head.weight") ? 8 : 4;
        Layout layout = RowQuantizer.layout(bits);
        yield new Requantized(bits, rows * columns, QuantizedMatrix.bytes(layout, rows, columns));
      }
      case FP32, FP16, BF16 -> table(info, source, device, format);
    };
  }

  /// The plan for the rows of the embedding table: quantised ones stay in their file, unless the
  /// table is the output head too.
  static MatrixPlan embedding(
      TensorInfo info, WeightSource source, Device device, WeightFormat format) {
    boolean isHead = !source.tensors().containsKey("lm_head.weight");
    if (device instanceof Device.Cuda || format != WeightFormat.AUTO || isHead) {
      return table(info, source, device, format);
    }
    return source
        .blocks(info.name())
        .<MatrixPlan>map(blocks -> new Stored(blocks, info.bytes()))
        .orElseGet(() -> table(info, source, device, format));
  }

  /// The plan for a table in memory, and for a matrix that is not quantised.
  static Plain table(TensorInfo info, WeightSource source, Device device, WeightFormat format) {
    long values = info.numElements();
    DType type =
        switch (device) {
          case Device.Cuda _ -> device.computeType();
          case Device.Cpu _ ->
              format == WeightFormat.AUTO && source.blocks(info.name()).isPresent()
                  ? DType.F16
                  : format.typeFor(info.dtype());
        };
    return new Plain(type, values * type.bytes());
  }

  /// Including the minimums, which are stored separately.
  private static long bytes(BlockMatrix blocks) {
    Layout layout = blocks.layout();
    long minimums =
        layout.hasMinimums()
            ? blocks.rows() * layout.numBlocks(blocks.columns()) * DType.F16.bytes()
            : 0;
    return QuantizedMatrix.bytes(layout, blocks.rows(), blocks.columns()) + minimums;
  }
}
