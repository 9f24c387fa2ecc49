package llava4j.data;

/// Width and height of an image in pixels, and where it lies in the square that it is padded to
/// (spec 2.2).
public record ImageSize(int width, int height) {
  public ImageSize {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException("an image of " + width + "x" + height);
    }
  }

  /// The side of the square.
  public int side() {
    return Math.max(width, height);
  }

  /// Columns of padding on the left; of an odd number the larger part is on the right.
  public int padX() {
    return (side() - width) / 2;
  }

  /// Rows of padding on top.
  public int padY() {
    return (side() - height) / 2;
  }
}
