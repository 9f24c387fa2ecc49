package llava4j.image;

import java.util.List;
import llava4j.error.BadInputException;

/// The settings of LLaVA-1.5-HD. The paper (sections 3.4 and A.1) does not specify all of them, and
/// its code was not published; settings that are our choice are marked.
///
/// @param tile side of a tile and of the base view, in pixels
/// @param grids allowed arrangements of tiles, in order of preference on ties
/// @param baseView how the base view becomes square
/// @param padColor colour of the padding, on the canvas of tiles and in a padded base view
/// @param singleTileNewline where newlines are inserted if the grid is a single tile
/// @param baseFirst whether the base view's tokens come before those of the tiles
public record HighDefinition(
    int tile,
    List<Grid> grids,
    BaseView baseView,
    PadColor padColor,
    SingleTileNewline singleTileNewline,
    boolean baseFirst) {

  /// An arrangement of tiles.
  public record Grid(int columns, int rows) {
    public Grid {
      if (columns < 1 || rows < 1) {
        throw new BadInputException(
            "grid of " + columns + "x" + rows + " tiles; both numbers must be 1 or more");
      }
    }
  }

  /// How the base view becomes square.
  public enum BaseView {
    /// Resized without keeping the aspect ratio, as in the released 1.6 code.
    SQUASH,
    /// Padded to a square first, as in the paper.
    PAD,
    /// Its tokens are left out, as in the paper's ablation of the global view. It is still encoded,
    /// squashed, so that views keep their numbers.
    NONE
  }

  /// The colour of the padding.
  public enum PadColor {
    BLACK,
    /// The mean colour of the image processor.
    MEAN
  }

  /// Where newlines are inserted if the grid is a single tile.
  public enum SingleTileNewline {
    END,
    EACH_ROW
  }

  public HighDefinition {
    if (tile < 1 || grids.isEmpty()) {
      throw new BadInputException(
          "high definition needs a tile of 1 pixel or more and at least one grid; found tile "
              + tile
              + " and "
              + grids.size()
              + " grids");
    }
    grids = List.copyOf(grids);
  }

  /// The paper's 14 grids of 224-pixel tiles. The padding colour and the position of the base view
  /// are our choice.
  public static HighDefinition paper() {
    return paper(224);
  }

  /// The paper's 14 grids with tiles of another size.
  public static HighDefinition paper(int tile) {
    List<Grid> grids =
        List.of(
            new Grid(1, 1),
            new Grid(1, 2),
            new Grid(2, 1),
            new Grid(1, 3),
            new Grid(3, 1),
            new Grid(1, 4),
            new Grid(4, 1),
            new Grid(1, 5),
            new Grid(5, 1),
            new Grid(1, 6),
            new Grid(6, 1),
            new Grid(2, 2),
            new Grid(2, 3),
            new Grid(3, 2));
    return new HighDefinition(
        tile, grids, BaseView.PAD, PadColor.MEAN, SingleTileNewline.EACH_ROW, true);
  }

  /// The same with another base view.
  public HighDefinition withBaseView(BaseView other) {
    return new HighDefinition(tile, grids, other, padColor, singleTileNewline, baseFirst);
  }

  /// Where the base view's tokens are.
  ImageGrid.BaseTokens baseTokens() {
    if (baseView == BaseView.NONE) {
      return ImageGrid.BaseTokens.NONE;
    }
    return baseFirst ? ImageGrid.BaseTokens.FIRST : ImageGrid.BaseTokens.LAST;
  }

  /// The sizes of the grids in pixels.
  public List<Resolution> resolutions() {
    return grids.stream()
        .map(grid -> new Resolution(grid.columns() * tile, grid.rows() * tile))
        .toList();
  }
}
