package llava4j.image;

import java.util.List;
import llava4j.error.BadInputException;

/// How an image of any shape becomes square views.
public sealed interface ImageMode {
  /// Padded to a square with the mean colour, one view: LLaVA-1.5's stage 2 and inference.
  record Pad() implements ImageMode {}

  /// Shortest edge resized, centre cropped, one view: CLIP's own way, used in stage 1.
  record Square() implements ImageMode {}

  /// The whole image squashed, and tiles of the best resolution: LLaVA-1.6 as released.
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

  /// The mode that a checkpoint's `image_aspect_ratio` names. As in the original, a missing value
  /// and every word but `pad` and `anyres` mean square.
  ///
  /// @param aspectRatio may be null
  /// @param pinpoints used by anyres alone
  static ImageMode of(String aspectRatio, List<Resolution> pinpoints) {
    if ("pad".equals(aspectRatio)) {
      return new Pad();
    }
    return "anyres".equals(aspectRatio) ? new AnyRes(pinpoints) : new Square();
  }
}
