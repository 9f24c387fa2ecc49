package llava4j.model.load;

import java.util.List;
import java.util.Optional;
import llava4j.checkpoint.gguf.RowQuantizer;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.model.kernel.ModelKernels;
import llava4j.model.linear.BfloatProducts;
import llava4j.model.linear.PrefillMode;
import llava4j.quant.BlockKernel;
import llava4j.quant.BlockMatrix;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.WeightFormat;

/// How one matrix of the language model is kept in memory. This is decided from its description in
/// the checkpoint, before it is read.
sealed interface MatrixPlan {

  /// Bytes in memory.
  ///
  /// @param kernels that multiply it
  long bytes(ModelKernels kernels);

  /// As a tensor of this type.
  record Plain(DType type, long numBytes) implements MatrixPlan {
    @Override
    public long bytes(ModelKernels kernels) {
      return numBytes;
    }
  }

  /// In the quantised blocks of the checkpoint, packed.
  record Stored(BlockMatrix blocks) implements MatrixPlan {
    /// Including the minimums, where they are stored separately.
    @Override
    public long bytes(ModelKernels kernels) {
      Layout layout = blocks.layout();
      long minimums =
          layout.hasMinimums() && !kernels.of(layout.bits()).hasMinimums()
              ? blocks.rows() * layout.numBlocks(blocks.columns()) * DType.F16.bytes()
              : 0;
      return kernels.of(layout.bits()).bytes(layout, blocks.rows(), blocks.columns()) + minimums;
    }
  }

  /// In quantised blocks that are made while loading.
  record Requantized(int bits, long rows, long columns) implements MatrixPlan {
    @Override
    public long bytes(ModelKernels kernels) {
      return kernels.of(bits).bytes(RowQuantizer.layout(bits), rows, columns);
    }
  }

  /// In the quantised blocks of the checkpoint, where they lie.
  record InFile(BlockMatrix blocks, long numBytes) implements MatrixPlan {
    @Override
    public long bytes(ModelKernels kernels) {
      return numBytes;
    }
  }

  /// Whether it has 16 bits.
  default boolean isHalf() {
    return this instanceof Plain plain && plain.type().bytes() == Short.BYTES;
  }

  /// The plans for the language model's linear layers.
  static List<MatrixPlan> ofAll(WeightSource source, Device device, WeightFormat format) {
    return ofAll(source, device, format, BlockKernel.only(device));
  }

  /// As [#ofAll(WeightSource, Device, WeightFormat)], for a kernel.
  ///
  /// @param only empty if there are several, which multiply all blocks
  static List<MatrixPlan> ofAll(
      WeightSource source, Device device, WeightFormat format, Optional<BlockKernel> only) {
    return source.tensors().values().stream()
        .filter(info -> LoadedParameters.isMatrix(info.name()))
        .filter(info -> !LoadedParameters.isTable(info.name()))
        .map(info -> linear(info, source, device, format, only))
        .toList();
  }

  /// Whether some matrices are quantised in memory.
  static boolean quantizes(List<MatrixPlan> plans) {
    return plans.stream().anyMatch(plan -> !(plan instanceof Plain));
  }

  /// The kernels for quantised weights.
  static ModelKernels kernels(WeightSource source, Device device, WeightFormat format) {
    return ModelKernels.of(weights(ofAll(source, device, format)), device);
  }

  /// The quantised weights. All of a model are quantised in one way.
  static ModelKernels.Weights weights(List<MatrixPlan> plans) {
    long[] numbers = new long[9]; // by bits
    boolean inFile = true;
    for (MatrixPlan plan : plans) {
      switch (plan) {
        case Plain _, InFile _ -> {}
        case Stored(BlockMatrix blocks) ->
            numbers[blocks.layout().bits()] += blocks.rows() * blocks.columns();
        case Requantized(int bits, long rows, long columns) -> {
          numbers[bits] += rows * columns;
          inFile = false;
        }
      }
    }
    return new ModelKernels.Weights(numbers[4], numbers[8], inFile);
  }

  /// The type of vision tower and projector: that of activations; bf16 beside weights of 4 bits on
  /// CPUs that multiply it twice as fast, because what it changes is lost in what they change; and
  /// where bf16 is asked for.
  static DType ofImages(List<MatrixPlan> plans, Device device, PrefillMode prefill) {
    return device instanceof Device.Cpu
            && (prefill == PrefillMode.BF16
                || (weights(plans).haveFourBits() && prefill != PrefillMode.EXACT))
            && BfloatProducts.areFast()
            && OneDnnLinear.find().isPresent()
        ? DType.BF16
        : device.computeType();
  }

  /// The plan for a matrix of a linear layer.
  static MatrixPlan linear(
      TensorInfo info, WeightSource source, Device device, WeightFormat format) {
    return linear(info, source, device, format, BlockKernel.only(device));
  }

  /// As [#linear(TensorInfo, WeightSource, Device, WeightFormat)], for a kernel.
  ///
  /// @param only empty if there are several, which multiply all blocks
  static MatrixPlan linear(
      TensorInfo info,
      WeightSource source,
      Device device,
      WeightFormat format,
      Optional<BlockKernel> only) {
    if (info.shape().size() != 2) {
      return table(info, source, device, format);
    }
    long rows = info.shape().getFirst();
    long columns = info.shape().getLast();
    return switch (format) {
      case AUTO ->
          source
              .blocks(info.name())
              .map(blocks -> stored(blocks, only))
              .orElseGet(() -> table(info, source, device, format));
      case Q8, Q4 -> {
        if (!RowQuantizer.divides(columns)) {
          yield table(info, source, device, format);
        }
        int bits = format == WeightFormat.Q8 || info.name().equals("lm_head.weight") ? 8 : 4;
        yield new Requantized(bits, rows, columns);
      }
      case FP32, FP16, BF16 -> table(info, source, device, format);
    };
  }

  /// Blocks that the only kernel does not take are quantised again to 8 bits, two bits more than
  /// the widest of them have, in blocks of 32 instead of 16.
  private static MatrixPlan stored(BlockMatrix blocks, Optional<BlockKernel> only) {
    return only.stream().allMatch(kernel -> kernel.takes(blocks.layout()))
        ? new Stored(blocks)
        : new Requantized(8, blocks.rows(), blocks.columns());
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
        .<MatrixPlan>map(blocks -> new InFile(blocks, info.bytes()))
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
}
