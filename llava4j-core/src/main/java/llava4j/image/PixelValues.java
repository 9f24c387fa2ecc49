package llava4j.image;

/// The input of the vision tower for one image: `views` square views, base view first.
public final class PixelValues {
  private final float[] data;
  private final byte[] pixels;
  private final int views;
  private final int size;
  private final ImageGrid grid;

  PixelValues(float[] data, byte[] pixels, int views, int size, ImageGrid grid) {
    this.data = data;
    this.pixels = pixels;
    this.views = views;
    this.size = size;
    this.grid = grid;
  }

  /// Normalised values, `[views, 3, size, size]` row-major. The array itself, not a copy.
  public float[] data() {
    return data;
  }

  /// The 8-bit values before rescaling, `[views, 3, size, size]`. The array itself, not a copy.
  public byte[] pixels() {
    return pixels;
  }

  public int views() {
    return views;
  }

  /// Side of a view in pixels.
  public int size() {
    return size;
  }

  /// The arrangement of the views.
  public ImageGrid grid() {
    return grid;
  }
}
