package llava4j.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llava4j.checkpoint.TensorInfo;
import llava4j.checkpoint.WeightSource;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Tensor;

/// Takes a model's tensors out of a weight source, one at a time, and owns them.
///
/// Where device and type allow, a tensor is a view of the mapped file; the source stays open as
/// long as the model. Names and shapes were checked before (see `ParameterTable`); here a missing
/// name is a defect.
public final class LoadedParameters implements Parameters, AutoCloseable {
  private final WeightSource source;
  private final Device device;
  private final WeightFormat format;
  private final LoadProgress progress;
  private final Optional<OneDnnLinear> oneDnn;
  private final long bytesTotal;
  private final List<Tensor> owned = new ArrayList<>();
  private long bytesDone;

  /// @param source closed with this object
  public LoadedParameters(
      WeightSource source, Device device, WeightFormat format, LoadProgress progress) {
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
  }

  @Override
  public boolean has(String name) {
    return source.tensors().containsKey(name);
  }

  /// A tensor in the type of activations.
  @Override
  public Tensor dense(String name) {
    return take(name, device.computeType());
  }

  /// The embedding table in the type that the format keeps matrices in. [vocab, dim]
  @Override
  public Tensor table(String name) {
    return take(name, matrixType(name));
  }

  /// A linear layer whose weight has the type of activations, and which always gets about `rows`
  /// rows: its matrix may be kept in a layout of its own. [out, in]
  @Override
  public Linear denseLinear(String prefix, long rows) {
    String name = prefix + ".weight";
    if (oneDnn.isEmpty()) {
      return linear(dense(name), bias(prefix));
    }
    try (Scope _ = new Scope()) {
      TensorInfo info = source.tensors().get(name);
      progress.onTensor(name, bytesDone, bytesTotal);
      Tensor plain = Tensors.to(source.load(name), device, device.computeType());
      Tensor packed = Scope.own(oneDnn.get().pack(plain, rows));
      owned.add(packed);
      source.release(name);
      bytesDone += info.bytes();
      progress.onTensor(name, bytesDone, bytesTotal);
      return new Linear.Fused(packed, bias(prefix), oneDnn.get());
    }
  }

  /// A linear layer of the language model, kept in the chosen format, with its adapter if there is
  /// one.
  @Override
  public Linear linear(String prefix) {
    Linear base = linear(table(prefix + ".weight"), bias(prefix));
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

  /// A linear layer over a matrix that this object owns already, as the head over a tied embedding.
  @Override
  public Linear linear(Tensor weight, Tensor bias) {
    if (Tensors.type(weight) != device.computeType()) {
      return new Linear.Half(weight, bias, oneDnn);
    }
    return oneDnn
        .<Linear>map(operator -> new Linear.Fused(weight, bias, operator))
        .orElseGet(() -> new Linear.Dense(weight, bias));
  }

  @Override
  public void close() {
    owned.forEach(Tensor::close);
    owned.clear();
    source.close();
  }

  private Tensor bias(String prefix) {
    return has(prefix + ".bias") ? dense(prefix + ".bias") : null;
  }

  private DType matrixType(String name) {
    return switch (device) {
      case Device.Cuda _ -> device.computeType();
      case Device.Cpu _ -> format.typeFor(source.tensors().get(name).dtype());
    };
  }

  private Tensor take(String name, DType type) {
    TensorInfo info = source.tensors().get(name);
    progress.onTensor(name, bytesDone, bytesTotal);
    try (Scope _ = new Scope()) {
      Tensor stored = source.load(name);
      Tensor loaded = Scope.own(Tensors.to(stored, device, type));
      if (!loaded.is_alias_of(stored)) {
        source.release(name);
      }
      owned.add(loaded);
      bytesDone += info.bytes();
      progress.onTensor(name, bytesDone, bytesTotal);
      return loaded;
    }
  }
}
