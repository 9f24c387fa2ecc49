package llava4j.train.vision;

import java.util.List;
import java.util.Map;
import llava4j.config.VisionConfig;
import llava4j.model.VisionTower;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Tensors;
import llava4j.train.batch.Batch.Image;
import llava4j.train.model.GatheredParameters;
import llava4j.train.model.VisionFeatures;
import org.bytedeco.pytorch.Tensor;

/// The vision tower with trainable parameters; the whole forward pass is recorded in the autograd
/// graph.
public record TrainedTower(VisionConfig config, Device device, DType computeType)
    implements VisionFeatures {
  @Override
  public Tensor of(List<Image> images, Map<String, Tensor> towerParameters) {
    Tensor pixels = Tensors.to(Views.of(images), device, computeType); // [views, 3, size, size]
    return new VisionTower(config, new GatheredParameters(towerParameters, Map.of(), null))
        .forward(pixels); // [views, rows, visionDim]
  }
}
