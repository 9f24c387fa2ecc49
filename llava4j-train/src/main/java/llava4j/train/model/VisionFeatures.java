package llava4j.train.model;

import java.util.List;
import java.util.Map;
import llava4j.train.batch.Batch.Picture;
import org.bytedeco.pytorch.Tensor;

/// From pictures to the rows that the connector reads.
public interface VisionFeatures {

  /// Encodes pictures.
  ///
  /// @param pictures at least one
  /// @param towerParameters those of the vision tower where it is trained, else empty
  /// @return [views, rows, visionDim] in the compute type, all pictures' views in order
  Tensor of(List<Picture> pictures, Map<String, Tensor> towerParameters);
}
