package llava4j.image;

import java.util.List;
import llava4j.error.BadInputException;

/// How an image of any size is split into square views.
public sealed interface ImageMode {
  /// Padded to a square with the mean colour, one view: LLaVA-1.5's stage 2 and inference.
  record Pad() implements ImageMode {}

  /// Resized by its shortest edge and centre cropped, one view: CLIP's own mode, used in stage 1.
  record Square() implements ImageMode {}

  /// The whole image resized to a square, and tiles of the best resolution: the released LLaVA-1.6.
  record AnyRes(List<Resolution> pinpoints) implements ImageMode {
    public AnyRes {
      if (pinpoints.isEmpty()) {
        throw new BadInputException(
            "image_aspect_ratio is anyres but image_grid_pinpoints is empty; give pairs such as [[336, 672], [672, 336]]");
      }
      pinpoints = List.copyOf(pinpoints);
    }
  }

  /// LLaVA-1.5-HD.
  record Hd(HighDefinition options) implements ImageMode {}

  /// The mode for a checkpoint's `image_aspect_ratio`. As in the original, a missing value and
  /// every word except `pad` and `anyres` mean square.
  ///
  /// @param aspectRatio may be null
  /// @param pinpoints used only by anyres
  static ImageMode of(String aspectRatio, List<Resolution> pinpoints) {
    if ("pad".equals(aspectRatio)) {
      return new Pad();
    }
    return "anyres".equals(aspectRatio) ? new AnyRes(pinpoints) : new Square();
  }
}
