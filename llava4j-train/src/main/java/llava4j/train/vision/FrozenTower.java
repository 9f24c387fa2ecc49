package llava4j.train.vision;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import llava4j.checkpoint.weights.RenamedSource;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.VisionConfig;
import llava4j.model.VisionTower;
import llava4j.model.load.LoadedParameters;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import llava4j.train.batch.Batch.Image;
import llava4j.train.model.GradientMode;
import llava4j.train.model.VisionFeatures;
import org.bytedeco.pytorch.Tensor;

/// The frozen vision tower, as in inference, without an autograd graph.
public final class FrozenTower implements VisionFeatures, AutoCloseable {
  private final LoadedParameters parameters;
  private final VisionTower tower;
  private final Device device;
  private final DType computeType;

  /// @param weights of the whole model, by this library's parameter names; must stay open, and are
  ///   not closed here
  public FrozenTower(VisionConfig config, WeightSource weights, Device device, DType computeType) {
    RenamedSource towerWeights =
        new RenamedSource()
            .add(new Borrowed(weights), Optional::of)
            .keepOnly(name -> name.startsWith("vision_tower."));
    this.parameters =
        new LoadedParameters(towerWeights, device, WeightFormat.FP32, (_, _, _) -> {});
    this.tower = new VisionTower(config, parameters);
    this.device = device;
    this.computeType = computeType;
    NativeRuntime.useAllThreadPools();
  }

  @Override
  public Tensor of(List<Image> images, Map<String, Tensor> towerParameters) {
    try (Scope scope = new Scope();
        GradientMode _ = GradientMode.off()) {
      NativeRuntime.useOneThreadPool(); // fused attention calls BLAS from libtorch's threads
      Tensor pixels =
          Tensors.to(Views.of(images), device, device.computeType()); // [views, 3, size, size]
      Tensor features = tower.forward(pixels); // [views, rows, visionDim]
      NativeRuntime.useAllThreadPools();
      return scope.keep(features.to(computeType.scalarType()));
    }
  }

  @Override
  public void close() {
    parameters.close();
  }

  /// A weight source that stays open when this is closed.
  private record Borrowed(WeightSource source) implements WeightSource {
    @Override
    public java.util.SequencedMap<String, llava4j.checkpoint.weights.TensorInfo> tensors() {
      return source.tensors();
    }

    @Override
    public Tensor load(String name) {
      return source.load(name);
    }

    @Override
    public void close() {}
  }
}
