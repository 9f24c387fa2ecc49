package llava4j.config;

import llava4j.error.BadInputException;
import llava4j.image.ImageMode;
import llava4j.image.PatchMerge;

/// Hyperparameters of a whole LLaVA model.
///
/// @param imageMode how an image is split into square views
/// @param patchMerge how the image tokens of the views are joined to one sequence
/// @param contextLength maximum number of tokens of a request, including image tokens and the
///   answer
public record LlavaConfig(
    VisionConfig vision,
    ProjectorConfig projector,
    TextConfig text,
    ImageMode imageMode,
    PatchMerge patchMerge,
    int contextLength) {

  public LlavaConfig {
    Checks.positive("context length", contextLength);
    if (projector instanceof ProjectorConfig.Identity && vision.dim() != text.dim()) {
      throw new BadInputException(
          "config: an identity projector needs equal widths, but the vision tower has "
              + vision.dim()
              + " and the language model "
              + text.dim());
    }
  }

  /// Whether the model has a learned newline at the end of each row of patches.
  public boolean hasImageNewline() {
    return switch (imageMode) {
      case ImageMode.Pad _, ImageMode.Square _ -> false;
      case ImageMode.AnyRes _, ImageMode.Hd _ -> patchMerge == PatchMerge.SPATIAL_UNPAD;
    };
  }

  public LlavaConfig withText(TextConfig other) {
    return new LlavaConfig(vision, projector, other, imageMode, patchMerge, contextLength);
  }

  public LlavaConfig withVision(VisionConfig other) {
    return new LlavaConfig(other, projector, text, imageMode, patchMerge, contextLength);
  }

  /// The configuration with another image mode, such as plain squares instead of padded ones.
  public LlavaConfig withImageMode(ImageMode other) {
    return new LlavaConfig(vision, projector, text, other, patchMerge, contextLength);
  }

  public LlavaConfig withPatchMerge(PatchMerge other) {
    return new LlavaConfig(vision, projector, text, imageMode, other, contextLength);
  }
}
