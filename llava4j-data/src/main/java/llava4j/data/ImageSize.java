package llava4j.data;

/// Width and height of an image in pixels, and its position in the square that it is padded to
/// (spec 2.2).
public record ImageSize(int width, int height) {
  public ImageSize {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException("an image of " + width + "x" + height);
    }
  }

  /// Side of the padded square in pixels.
  public int side() {
    return Math.max(width, height);
  }

  /// Pixel columns of padding on the left; if the total is odd, the right side has one more.
  public int padX() {
    return (side() - width) / 2;
  }

  /// Pixel rows of padding at the top; if the total is odd, the bottom has one more.
  public int padY() {
    return (side() - height) / 2;
  }
}
