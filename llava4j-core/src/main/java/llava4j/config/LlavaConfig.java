package llava4j.config;

import llava4j.error.BadInputException;
import llava4j.image.ImageMode;
import llava4j.image.PatchMerge;

/// A whole LLaVA model.
///
/// @param imageMode how one image becomes views
/// @param patchMerge how the views' rows become one sequence
/// @param contextLength tokens and image rows that one request may have, prompt and answer together
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

  /// Whether the model learns a vector that ends image rows.
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

  /// With images cut another way, such as plain squares instead of padded ones.
  public LlavaConfig withImageMode(ImageMode other) {
    return new LlavaConfig(vision, projector, text, other, patchMerge, contextLength);
  }

  public LlavaConfig withPatchMerge(PatchMerge other) {
    return new LlavaConfig(vision, projector, text, imageMode, other, contextLength);
  }
}
