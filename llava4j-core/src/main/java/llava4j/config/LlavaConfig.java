package llava4j.config;

import java.util.List;
import llava4j.error.BadInputException;

/// A whole LLaVA model.
///
/// @param imageLayout how one picture becomes views and rows
/// @param contextLength tokens and image rows that one request may have, prompt and answer together
public record LlavaConfig(
    VisionConfig vision,
    ProjectorConfig projector,
    TextConfig text,
    ImageLayout imageLayout,
    int contextLength) {

  /// How a picture is cut into views, and how their rows are joined.
  public sealed interface ImageLayout {
    /// Padded to a square with CLIP's mean colour: LLaVA-1.5 stage 2 and inference.
    record Pad() implements ImageLayout {}

    /// Shortest side scaled, centre cut out: stage 1, and plain Hugging Face processors.
    record Square() implements ImageLayout {}

    /// LLaVA-1.6 as released: a squashed whole view and tiles of the best `pinpoints` resolution.
    /// [width, height]
    record AnyRes(List<Resolution> pinpoints, PatchMerge merge) implements ImageLayout {
      public AnyRes {
        pinpoints = List.copyOf(pinpoints);
        if (pinpoints.isEmpty()) {
          throw new BadInputException("config: image_grid_pinpoints is empty");
        }
      }
    }

    /// LLaVA-1.5-HD as the paper describes it (section 3.4).
    record Hd() implements ImageLayout {}
  }

  /// Width and height in pixels.
  public record Resolution(int width, int height) {
    public Resolution {
      Checks.positive("resolution width", width);
      Checks.positive("resolution height", height);
    }
  }

  /// LLaVA's `mm_patch_merge_type`.
  public enum PatchMerge {
    FLAT,
    SPATIAL,
    SPATIAL_UNPAD;

    public static PatchMerge parse(String text) {
      return switch (text) {
        case "flat" -> FLAT;
        case "spatial" -> SPATIAL;
        case "spatial_unpad" -> SPATIAL_UNPAD;
        default ->
            throw new BadInputException(
                "config: mm_patch_merge_type '"
                    + text
                    + "' is not supported; supported are flat, spatial and"
                    + " spatial_unpad");
      };
    }
  }

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
    return switch (imageLayout) {
      case ImageLayout.AnyRes anyRes -> anyRes.merge() == PatchMerge.SPATIAL_UNPAD;
      case ImageLayout.Hd _ -> true;
      case ImageLayout.Pad _, ImageLayout.Square _ -> false;
    };
  }

  public LlavaConfig withText(TextConfig other) {
    return new LlavaConfig(vision, projector, other, imageLayout, contextLength);
  }

  public LlavaConfig withVision(VisionConfig other) {
    return new LlavaConfig(other, projector, text, imageLayout, contextLength);
  }

  public LlavaConfig withImageLayout(ImageLayout other) {
    return new LlavaConfig(vision, projector, text, other, contextLength);
  }
}
