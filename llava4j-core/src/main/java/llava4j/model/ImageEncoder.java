package llava4j.model;

import java.util.List;
import java.util.stream.IntStream;
import llava4j.config.LlavaConfig;
import llava4j.image.FeatureLayout;
import llava4j.image.ImageGrid;
import llava4j.image.PixelValues;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// Encodes the views of one image to image embeddings: vision tower, projector, then the order of
/// the layout (one view, LLaVA-1.6's anyres or LLaVA-1.5-HD).
public final class ImageEncoder {
  private final LlavaModel model;

  public ImageEncoder(LlavaModel model) {
    this.model = model;
  }

  /// Encodes one image.
  ///
  /// @param contentKey identifies image and layout, see [ImageRows]
  public ImageRows encode(PixelValues pixels, String contentKey) {
    int size = pixels.size();
    try (Scope scope = new Scope()) {
      Tensor views =
          Tensors.ofFloats(pixels.data(), pixels.views(), 3, size, size); // [views, 3, size, size]
      Tensor features = model.encode(views); // [views, rows, dim]
      return new ImageRows(
          scope.keep(arrange(features, pixels.grid())), contentKey); // [tokens, dim]
    }
  }

  /// Number of tokens of an image with this grid.
  public int numRows(ImageGrid grid) {
    return order(model.config(), grid).length;
  }

  /// The order in which the tokens of an image's views enter the language model.
  ///
  /// @return indices of tokens, counted over all views; [FeatureLayout#NEWLINE] for the learned
  ///   newline. `[tokens]`
  public static int[] order(LlavaConfig config, ImageGrid grid) {
    return isPlain(config, grid)
        ? IntStream.range(0, config.vision().rowsPerView()).toArray()
        : FeatureLayout.of(grid, config.vision().patchesPerSide(), config.patchMerge()).order();
  }

  private Tensor arrange(Tensor features, ImageGrid grid) {
    Tensor rows = features.flatten(0, 1); // [views * rows, dim]
    if (isPlain(model.config(), grid)) {
      return rows;
    }
    int[] order = order(model.config(), grid); // [tokens]
    int newline = Math.toIntExact(rows.size(0));
    for (int i = 0; i < order.length; i++) {
      order[i] = order[i] == FeatureLayout.NEWLINE ? newline : order[i];
    }
    if (model.imageNewline() != null) {
      rows =
          Tensors.concatenate(
              List.of(rows, model.imageNewline().unsqueeze(0)), 0); // [views * rows + 1, dim]
    }
    Tensor index =
        Tensors.ofIds(order).to(model.device().torchDevice(), DType.I64.scalarType()); // [tokens]
    return rows.index_select(0, index); // [tokens, dim]
  }

  private static boolean isPlain(LlavaConfig config, ImageGrid grid) {
    return grid instanceof ImageGrid.SingleView && !config.hasImageNewline();
  }
}
