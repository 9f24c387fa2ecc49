package llava4j.model.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llava4j.checkpoint.gguf.RowQuantizer;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.error.BadInputException;
import llava4j.io.CloseAll;
import llava4j.model.kernel.ModelKernels;
import llava4j.model.linear.BfloatLinear;
import llava4j.model.linear.Embedding;
import llava4j.model.linear.Linear;
import llava4j.model.linear.ManyRows;
import llava4j.model.linear.Parameters;
import llava4j.model.linear.PrefillMode;
import llava4j.model.linear.RoundedHalf;
import llava4j.model.linear.WideTiles;
import llava4j.quant.BlockKernel;
import llava4j.quant.BlockMatrix;
import llava4j.quant.HalfMatVec;
import llava4j.quant.PackingMemory;
import llava4j.quant.VectorSupport;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.NativeHeap;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Loads a model's tensors from a weight source, one at a time, and owns them.
///
/// If device and type allow it, a tensor is a view of the mapped file; the source stays open as
/// long as the model. Names and shapes were checked before (see `ParameterTable`), so a missing
/// name is a bug here.
public final class LoadedParameters implements Parameters, AutoCloseable {
  private static final String HEAD = "lm_head";
  private static final String REFUSED =
      " is for quantised weights, bf16 also for 16-bit weights on a processor; leave it at auto";

  private final WeightSource source;
  private final Device device;
  private final WeightFormat format;
  private final LoadProgress progress;
  private final Optional<OneDnnLinear> oneDnn;
  private final ModelKernels kernels;
  private final long bytesTotal;
  private final WideTiles tiles = new WideTiles();
  private final List<Tensor> owned = new ArrayList<>();
  private final QuantizedLayers quantized;
  private final boolean quantizes;
  private final PrefillMode prefill;
  private final DType imageType; // of the matrices of vision tower and projector
  private long bytesDone;

  /// @param source closed with this object
  public LoadedParameters(
      WeightSource source, Device device, WeightFormat format, LoadProgress progress) {
    this(source, device, format, PrefillMode.AUTO, progress);
  }

  /// @param source closed with this object
  /// @throws BadInputException if this device cannot compute in the mode or format
  public LoadedParameters(
      WeightSource source,
      Device device,
      WeightFormat format,
      PrefillMode prefill,
      LoadProgress progress) {
    this(source, device, LoadedFormat.onDevice(source, device, format), prefill, progress);
  }

  private LoadedParameters(
      WeightSource source,
      Device device,
      LoadedFormat loaded,
      PrefillMode prefill,
      LoadProgress progress) {
    this(
        source,
        device,
        loaded.format(),
        prefill,
        MatrixPlan.kernels(source, device, loaded.format()),
        progress);
  }

  /// With other kernels for quantised weights than the device's own.
  ///
  /// @param source closed with this object
  /// @throws BadInputException if this processor cannot compute in the mode
  public LoadedParameters(
      WeightSource source,
      Device device,
      WeightFormat format,
      PrefillMode prefill,
      ModelKernels kernels,
      LoadProgress progress) {
    this(source, device, format, prefill, kernels, new PackingMemory(device), progress);
  }

  /// With another memory for packing, whose products are used.
  ///
  /// @param source closed with this object
  /// @throws BadInputException if this processor cannot compute in the mode
  public LoadedParameters(
      WeightSource source,
      Device device,
      WeightFormat format,
      PrefillMode prefill,
      ModelKernels kernels,
      PackingMemory memory,
      LoadProgress progress) {
    this.source = source;
    this.device = device;
    this.format = format;
    this.progress = progress;
    this.oneDnn =
        switch (device) {
          case Device.Cpu _ -> OneDnnLinear.find();
          case Device.Cuda _ -> Optional.empty();
        };
    if (oneDnn.isPresent()) {
      NativeRuntime.useOneThreadPool();
    }
    this.bytesTotal = source.tensors().values().stream().mapToLong(TensorInfo::bytes).sum();
    List<MatrixPlan> plans = MatrixPlan.ofAll(source, device, format, kernels.only());
    this.quantizes = MatrixPlan.quantizes(plans);
    this.prefill = prefill;
    this.kernels = kernels;
    requireMeaning(plans);
    boolean haveFourBits = MatrixPlan.weights(plans).haveFourBits();
    Optional<ManyRows> many =
        quantizes ? kernels.manyRows(prefill, haveFourBits, oneDnn, tiles) : Optional.empty();
    this.quantized = new QuantizedLayers(memory, kernels, many, prefill, oneDnn, tiles);
    this.imageType = MatrixPlan.ofImages(plans, device, prefill);
  }

  private void requireMeaning(List<MatrixPlan> plans) {
    if (prefill == PrefillMode.AUTO) {
      return;
    }
    if (plans.stream().allMatch(MatrixPlan.Plain.class::isInstance)) {
      boolean halves = device instanceof Device.Cpu && plans.stream().anyMatch(MatrixPlan::isHalf);
      if (halves && prefill == PrefillMode.BF16) {
        ManyRows.requireBfloat();
        return;
      }
      throw new BadInputException(
          "prefill in "
              + prefill
              + (halves ? " is for quantised weights; use bf16 or auto" : REFUSED));
    }
    if (plans.stream()
        .anyMatch(plan ->
            plan instanceof MatrixPlan.Requantized made
                && kernels.of(made.bits()) == BlockKernel.ONNX_RUNTIME)) {
      throw new BadInputException(
          "prefill in "
              + prefill
              + " of weights that are quantised while loading needs "
              + (VectorSupport.isAvailable()
                  ? "our own kernels, which were found wrong on this machine"
                  : "the Vector API: start Java with --add-modules jdk.incubator.vector")
              + ", or leave it at auto");
    }
  }

  /// The format of matrices, which may be another one than was asked for (see [LoadedFormat]).
  public WeightFormat format() {
    return format;
  }

  /// Frees memory that was needed only for loading.
  public void finish() {
    quantized.finish();
    if (quantizes) {
      new NativeHeap().giveBackFree();
    }
  }

  @Override
  public boolean has(String name) {
    return source.tensors().containsKey(name);
  }

  /// A tensor in the type of activations.
  @Override
  public Tensor dense(String name) {
    Tensor dense = take(name, device.computeType());
    if (quantizes && name.startsWith("language_model.") && !isFinite(dense)) {
      // a quantised matrix after it would round NaN to a number
      throw faulty(name);
    }
    return dense;
  }

  /// The embedding table in the format's type of matrices. [vocab, dim]
  @Override
  public Tensor table(String name) {
    Tensor table = take(name, tableType(name));
    if (name.equals(HEAD + ".weight") || (isTable(name) && !has(HEAD + ".weight"))) {
      requireFiniteHead(name, table);
    }
    return table;
  }

  @Override
  public Embedding embedding(String name) {
    TensorInfo info = source.tensors().get(name);
    if (MatrixPlan.embedding(info, source, device, format) instanceof MatrixPlan.InFile stored) {
      bytesDone += info.bytes();
      progress.onTensor(name, bytesDone, bytesTotal);
      return new Embedding.Blocks(stored.blocks());
    }
    return new Embedding.Table(table(name));
  }

  /// A linear layer of vision tower or projector, whose input always has about `rows` rows, so its
  /// matrix may have a special layout. [out, in]
  @Override
  public Linear denseLinear(String prefix, long rows) {
    String name = prefix + ".weight";
    if (oneDnn.isEmpty()) {
      return linear(dense(name), bias(prefix));
    }
    try (Scope _ = new Scope()) {
      TensorInfo info = source.tensors().get(name);
      progress.onTensor(name, bytesDone, bytesTotal);
      Tensor plain = source.load(name, imageType);
      Tensor packed = Scope.own(oneDnn.get().pack(plain, rows));
      owned.add(packed);
      source.release(name);
      bytesDone += info.bytes();
      progress.onTensor(name, bytesDone, bytesTotal);
      return imageType == DType.BF16
          ? new BfloatLinear(packed, bias(prefix), oneDnn.get())
          : new Linear.Fused(packed, bias(prefix), oneDnn.get());
    }
  }

  /// A linear layer of the language model in the selected format, with its adapter if there is one.
  @Override
  public Linear linear(String prefix) {
    Linear base = baseLinear(prefix);
    if (!has(prefix + ".lora_A.weight")) {
      return base;
    }
    Tensor scale = dense(prefix + ".lora_scale"); // [1]
    return new Linear.LowRank(
        base,
        dense(prefix + ".lora_A.weight"),
        dense(prefix + ".lora_B.weight"),
        Tensors.toFloats(scale)[0],
        0);
  }

  private Linear baseLinear(String prefix) {
    String name = prefix + ".weight";
    return switch (MatrixPlan.linear(
        source.tensors().get(name), source, device, format, kernels.only())) {
      case MatrixPlan.Plain _ -> linear(table(name), bias(prefix));
      case MatrixPlan.Stored(BlockMatrix blocks) ->
          quantized(name, blocks, Optional.of(blocks), bias(prefix));
      case MatrixPlan.InFile _ -> throw new IllegalStateException(name + " is multiplied");
      case MatrixPlan.Requantized plan -> {
        try (Scope _ = new Scope()) {
          Tensor whole = source.load(name, DType.F32).contiguous(); // [out, in]
          yield quantized(
              name, RowQuantizer.of(whole, plan.bits()), Optional.empty(), bias(prefix));
        }
      }
    };
  }

  private Linear quantized(
      String name, BlockMatrix blocks, Optional<BlockMatrix> kept, Tensor biasOrNull) {
    long bytes = source.tensors().get(name).bytes();
    progress.onTensor(name, bytesDone, bytesTotal);
    Linear layer = quantized.layer(name, blocks, kept, biasOrNull);
    source.release(name);
    bytesDone += bytes;
    progress.onTensor(name, bytesDone, bytesTotal);
    return layer;
  }

  /// A linear layer with a matrix that this object owns already, such as the output head with a
  /// tied embedding table.
  @Override
  public Linear linear(Tensor weight, Tensor bias) {
    if (Tensors.type(weight) != device.computeType()) {
      Linear.Half half = new Linear.Half(weight, bias, oneDnn, tiles);
      return prefill == PrefillMode.BF16 ? new RoundedHalf(half, oneDnn.orElseThrow()) : half;
    }
    return oneDnn
        .<Linear>map(operator -> new Linear.Fused(weight, bias, operator))
        .orElseGet(() -> new Linear.Dense(weight, bias));
  }

  @Override
  public void close() {
    List<AutoCloseable> all = new ArrayList<>(owned);
    all.add(quantized);
    all.add(tiles);
    all.add(source);
    owned.clear();
    CloseAll.each(all);
  }

  /// The first tensor whose name starts with `prefix` that contains NaN or infinity in its type in
  /// memory. Reads all of them.
  public Optional<String> faultyWeight(String prefix) {
    for (String name : source.tensors().keySet()) {
      if (name.startsWith(prefix)) {
        try (Scope _ = new Scope()) {
          DType kept = isMatrix(name) ? tableType(name) : device.computeType();
          if (!isFinite(source.load(name, kept))) {
            return Optional.of(name);
          }
        }
      }
    }
    return Optional.empty();
  }

  /// Checks the output head: our kernel for one row of F16 computes large numbers instead of
  /// infinity and NaN. Any other matrix is multiplied with many rows first, where NaN is noticed;
  /// the head always gets one row.
  private static void requireFiniteHead(String name, Tensor weight) {
    if (Tensors.type(weight) == DType.F16
        && !HalfMatVec.isFiniteF16(weight.data_ptr().address(), weight.numel())) {
      throw faulty(name);
    }
  }

  static BadInputException faulty(String name) {
    return new BadInputException(
        "tensor " + name + " holds NaN or infinity; fetch or convert the checkpoint again");
  }

  /// Whether all values are finite.
  public static boolean isFinite(Tensor tensor) {
    try (Scope _ = new Scope()) {
      return torch.isfinite(tensor).all().item_bool();
    }
  }

  private Tensor bias(String prefix) {
    return has(prefix + ".bias") ? dense(prefix + ".bias") : null;
  }

  /// The embedding table.
  static boolean isTable(String name) {
    return name.contains(".embed_tokens.");
  }

  /// The matrices of the language model to which the format applies.
  static boolean isMatrix(String name) {
    return name.equals("lm_head.weight")
        || isTable(name)
        || (name.startsWith("language_model.") && name.endsWith("_proj.weight"));
  }

  /// The matrices of vision tower and projector, which are copied into a special layout.
  static boolean isOfImages(String name) {
    return (name.startsWith("vision_tower.") && name.matches(".*\\.(.*_proj|fc1|fc2)\\.weight"))
        || (name.startsWith("projector.") && name.endsWith(".weight"));
  }

  private DType tableType(String name) {
    return MatrixPlan.table(source.tensors().get(name), source, device, format).type();
  }

  private Tensor take(String name, DType type) {
    TensorInfo info = source.tensors().get(name);
    progress.onTensor(name, bytesDone, bytesTotal);
    try (Scope _ = new Scope()) {
      boolean inPlace = source.isView(name) && info.dtype() == type;
      Tensor loaded =
          switch (device) {
            case Device.Cpu _ -> Scope.own(source.load(name, type));
            case Device.Cuda _ -> Scope.own(Tensors.to(source.load(name), device, type));
          };
      if (!inPlace || device instanceof Device.Cuda) {
        source.release(name);
      }
      owned.add(loaded);
      bytesDone += info.bytes();
      progress.onTensor(name, bytesDone, bytesTotal);
      return loaded;
    }
  }
}
