package llava4j.image;

/// A part of a feature map, with exclusive ends. May be empty for extreme shapes, as in the
/// original.
public record KeptRange(int rowFrom, int rowTo, int columnFrom, int columnTo) {
  public int rows() {
    return rowTo - rowFrom;
  }

  public int columns() {
    return columnTo - columnFrom;
  }

  /// The whole of a map.
  public static KeptRange all(int mapWidth, int mapHeight) {
    return new KeptRange(0, mapHeight, 0, mapWidth);
  }

  /// The part of a map that shows the image without the padding (`unpad_image`). If the padding is
  /// odd, one row or column of it remains.
  public static KeptRange unpad(
      int originalWidth, int originalHeight, int mapWidth, int mapHeight) {
    if ((double) originalWidth / originalHeight > (double) mapWidth / mapHeight) {
      int kept = (int) (originalHeight * ((double) mapWidth / originalWidth));
      int padding = Math.floorDiv(mapHeight - kept, 2);
      return new KeptRange(padding, mapHeight - padding, 0, mapWidth);
    }
    int kept = (int) (originalWidth * ((double) mapHeight / originalHeight));
    int padding = Math.floorDiv(mapWidth - kept, 2);
    return new KeptRange(0, mapHeight, padding, mapWidth - padding);
  }
}
