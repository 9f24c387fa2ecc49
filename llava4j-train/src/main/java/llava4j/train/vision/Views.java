package llava4j.train.vision;

import java.util.List;
import llava4j.image.PixelValues;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.batch.Batch.Image;
import org.bytedeco.pytorch.Tensor;

/// Concatenates the views of several images into one tensor.
final class Views {
  private Views() {}

  /// Returns [views, 3, size, size], fp32 on the CPU.
  static Tensor of(List<Image> images) {
    try (Scope scope = new Scope()) {
      List<Tensor> each =
          images.stream()
              .map(Image::pixels)
              .map(Views::tensor)
              .toList(); // each [views, 3, size, size]
      return scope.keep(Tensors.concatenate(each, 0));
    }
  }

  private static Tensor tensor(PixelValues pixels) {
    return Tensors.ofFloats(pixels.data(), pixels.views(), 3, pixels.size(), pixels.size());
  }
}
