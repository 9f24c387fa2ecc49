package llava4j.experiment.design;

import llava4j.image.HighDefinition;
import llava4j.image.ImageMode;
import llava4j.image.PatchMerge;

/// How stage 2 sees an image.
public enum View {
  /// One padded view.
  ONE,
  /// Tiles and the whole image, with row ends, padding removed: LLaVA-1.5-HD.
  TILES,
  /// Tiles without the whole image.
  TILES_ALONE,
  /// Tiles and the whole image, without row ends and with the padding.
  TILES_PLAIN;

  /// The mode of a model whose views have this side, in pixels.
  public ImageMode mode(int side) {
    HighDefinition paper = HighDefinition.paper(side);
    return switch (this) {
      case ONE -> new ImageMode.Pad();
      case TILES, TILES_PLAIN -> new ImageMode.Hd(paper);
      case TILES_ALONE -> new ImageMode.Hd(paper.withBaseView(HighDefinition.BaseView.NONE));
    };
  }

  /// How the tokens of the views are joined.
  public PatchMerge merge() {
    return switch (this) {
      case ONE -> PatchMerge.FLAT;
      case TILES, TILES_ALONE -> PatchMerge.SPATIAL_UNPAD;
      case TILES_PLAIN -> PatchMerge.SPATIAL;
    };
  }
}
