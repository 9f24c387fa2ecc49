package llava4j.image;

import llava4j.image.HighDefinition.SingleTileNewline;

/// How the views of an image lie, for merging their features. Views are stored base view first,
/// then tiles row by row.
public sealed interface ImageGrid {
  /// Width of the image before any preprocessing, in pixels.
  int originalWidth();

  int originalHeight();

  /// Views of the image, the base view included.
  int views();

  /// One view, no tiles.
  record SingleView(int originalWidth, int originalHeight) implements ImageGrid {
    @Override
    public int views() {
      return 1;
    }
  }

  /// A base view and `columns` x `rows` tiles.
  ///
  /// @param baseFirst whether the base view's tokens come first
  /// @param singleTileNewline where newlines go in a grid of one tile
  record Tiled(
      int columns,
      int rows,
      int originalWidth,
      int originalHeight,
      boolean baseFirst,
      SingleTileNewline singleTileNewline)
      implements ImageGrid {
    @Override
    public int views() {
      return 1 + columns * rows;
    }
  }

  /// The grid that `mode` gives an image, without touching its pixels: enough to count its tokens.
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
            true,
            SingleTileNewline.EACH_ROW);
      }
      case ImageMode.Hd(HighDefinition options) -> {
        Resolution best = Resolution.selectBest(width, height, options.resolutions());
        yield new Tiled(
            best.width() / options.tile(),
            best.height() / options.tile(),
            width,
            height,
            options.baseFirst(),
            options.singleTileNewline());
      }
    };
  }
}
