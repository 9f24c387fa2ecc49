package llava4j.train.model;

import java.util.List;
import java.util.Map;
import llava4j.train.batch.Batch.Image;
import org.bytedeco.pytorch.Tensor;

/// Computes the image features that the projector reads.
public interface VisionFeatures {

  /// Encodes images.
  ///
  /// @param images at least one
  /// @param towerParameters parameters of the vision tower if it is trained, else empty
  /// @return [views, rows, visionDim] in the compute type; the views of all images in order
  Tensor of(List<Image> images, Map<String, Tensor> towerParameters);
}
