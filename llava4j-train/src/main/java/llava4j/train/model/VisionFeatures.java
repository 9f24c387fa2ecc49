package llava4j.train.model;

import java.util.List;
import java.util.Map;
import llava4j.train.batch.Batch.Image;
import org.bytedeco.pytorch.Tensor;

/// From images to the rows that the connector reads.
public interface VisionFeatures {

  /// Encodes images.
  ///
  /// @param images at least one
  /// @param towerParameters those of the vision tower where it is trained, else empty
  /// @return [views, rows, visionDim] in the compute type, all images' views in order
  Tensor of(List<Image> images, Map<String, Tensor> towerParameters);
}
