package llava4j.image;

import llava4j.image.HighDefinition.SingleTileNewline;

/// The order in which the image tokens of all views, and newlines, enter the language model.
///
/// @param grid arrangement of the views
/// @param patchesPerSide patches along a side of one view
/// @param kept rows and columns that are kept of the feature map of all tiles, or of the single
///   view if there are no tiles
/// @param newlines where the learned newline is inserted
public record FeatureLayout(ImageGrid grid, int patchesPerSide, KeptRange kept, Newlines newlines) {

  /// The learned newline in [#order].
  public static final int NEWLINE = -1;

  /// Where the learned newline is inserted.
  public enum Newlines {
    NONE,
    /// One at the end.
    END,
    /// One after each kept row of the tiles; none in the base view.
    EACH_ROW
  }

  /// The layout for a merge type.
  public static FeatureLayout of(ImageGrid grid, int patchesPerSide, PatchMerge merge) {
    boolean unpad = merge == PatchMerge.SPATIAL_UNPAD;
    return switch (grid) {
      case ImageGrid.SingleView _ ->
          new FeatureLayout(
              grid,
              patchesPerSide,
              KeptRange.all(patchesPerSide, patchesPerSide),
              unpad ? Newlines.END : Newlines.NONE);
      case ImageGrid.Tiled tiled -> {
        int mapWidth = tiled.columns() * patchesPerSide;
        int mapHeight = tiled.rows() * patchesPerSide;
        yield switch (merge) {
          // tile after tile has the same rows in another order, see order()
          case FLAT, SPATIAL ->
              new FeatureLayout(
                  merge == PatchMerge.FLAT ? oneColumn(tiled) : tiled,
                  patchesPerSide,
                  merge == PatchMerge.FLAT
                      ? KeptRange.all(patchesPerSide, mapHeight * tiled.columns())
                      : KeptRange.all(mapWidth, mapHeight),
                  Newlines.NONE);
          case SPATIAL_UNPAD ->
              new FeatureLayout(
                  grid,
                  patchesPerSide,
                  KeptRange.unpad(
                      tiled.originalWidth(), tiled.originalHeight(), mapWidth, mapHeight),
                  singleTileEnd(tiled) ? Newlines.END : Newlines.EACH_ROW);
        };
      }
    };
  }

  /// Tiles below each other: a feature map whose rows, in order, are tile after tile.
  private static ImageGrid oneColumn(ImageGrid.Tiled tiled) {
    return new ImageGrid.Tiled(
        1,
        tiled.columns() * tiled.rows(),
        tiled.originalWidth(),
        tiled.originalHeight(),
        tiled.base(),
        tiled.singleTileNewline());
  }

  private static boolean singleTileEnd(ImageGrid.Tiled tiled) {
    return tiled.columns() * tiled.rows() == 1
        && tiled.singleTileNewline() == SingleTileNewline.END;
  }

  /// Number of tokens of the image, including newlines.
  public int tokens() {
    boolean hasBase =
        grid instanceof ImageGrid.Tiled tiled && tiled.base() != ImageGrid.BaseTokens.NONE;
    int base = hasBase ? patchesPerSide * patchesPerSide : 0;
    int ends =
        switch (newlines) {
          case NONE -> 0;
          case END -> 1;
          case EACH_ROW -> kept.rows();
        };
    return base + kept.rows() * kept.columns() + ends;
  }

  /// For each token, its row in the features `[views * patches, textDim]` (views in stored order,
  /// patches row by row), or [#NEWLINE].
  public int[] order() {
    int[] order = new int[tokens()];
    int at = 0;
    int patches = patchesPerSide * patchesPerSide;
    ImageGrid.Tiled tiled = grid instanceof ImageGrid.Tiled t ? t : null;
    if (tiled != null && tiled.base() == ImageGrid.BaseTokens.FIRST) {
      at = base(order, at, patches);
    }
    int columns = tiled == null ? 1 : tiled.columns();
    int firstTile = tiled == null ? 0 : 1;
    for (int row = kept.rowFrom(); row < kept.rowTo(); row++) {
      for (int column = kept.columnFrom(); column < kept.columnTo(); column++) {
        int view = firstTile + row / patchesPerSide * columns + column / patchesPerSide;
        order[at++] =
            view * patches + row % patchesPerSide * patchesPerSide + column % patchesPerSide;
      }
      if (newlines == Newlines.EACH_ROW) {
        order[at++] = NEWLINE;
      }
    }
    if (tiled != null && tiled.base() == ImageGrid.BaseTokens.LAST) {
      at = base(order, at, patches);
    }
    if (newlines == Newlines.END) {
      order[at] = NEWLINE;
    }
    return order;
  }

  private static int base(int[] order, int at, int patches) {
    for (int i = 0; i < patches; i++) {
      order[at++] = i;
    }
    return at;
  }
}
