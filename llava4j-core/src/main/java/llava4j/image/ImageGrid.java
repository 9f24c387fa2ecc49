package llava4j.image;

import llava4j.image.HighDefinition.SingleTileNewline;

/// The arrangement of the views of an image, for merging their features. The base view is stored
/// first, then the tiles row by row.
public sealed interface ImageGrid {
  /// Width of the image before any preprocessing, in pixels.
  int originalWidth();

  int originalHeight();

  /// Number of views of the image, including the base view.
  int views();

  /// One view, no tiles.
  record SingleView(int originalWidth, int originalHeight) implements ImageGrid {
    @Override
    public int views() {
      return 1;
    }
  }

  /// Where the base view's tokens are.
  enum BaseTokens {
    /// Before those of the tiles.
    FIRST,
    /// After them.
    LAST,
    NONE
  }

  /// A base view and `columns` x `rows` tiles.
  ///
  /// @param base where the base view's tokens are
  /// @param singleTileNewline where newlines are inserted in a grid of one tile
  record Tiled(
      int columns,
      int rows,
      int originalWidth,
      int originalHeight,
      BaseTokens base,
      SingleTileNewline singleTileNewline)
      implements ImageGrid {
    @Override
    public int views() {
      return 1 + columns * rows;
    }
  }

  /// The grid of an image in an image mode. It does not read pixels; it is sufficient to count
  /// tokens.
  ///
  /// @param tile side of a tile in pixels, for anyres
  static ImageGrid of(ImageMode mode, int width, int height, int tile) {
    return switch (mode) {
      case ImageMode.Pad _, ImageMode.Square _ -> new SingleView(width, height);
      case ImageMode.AnyRes anyRes -> {
        Resolution best = Resolution.selectBest(width, height, anyRes.pinpoints());
        yield new Tiled(
            best.width() / tile,
            best.height() / tile,
            width,
            height,
            BaseTokens.FIRST,
            SingleTileNewline.EACH_ROW);
      }
      case ImageMode.Hd(HighDefinition options) -> {
        Resolution best = Resolution.selectBest(width, height, options.resolutions());
        yield new Tiled(
            best.width() / options.tile(),
            best.height() / options.tile(),
            width,
            height,
            options.baseTokens(),
            options.singleTileNewline());
      }
    };
  }
}
