package llava4j.image;

/// One colour; every channel is 0 to 255.
public record RgbColor(int red, int green, int blue) {
  public static final RgbColor BLACK = new RgbColor(0, 0, 0);

  public RgbColor {
    if ((red | green | blue) >>> 8 != 0) {
      throw new IllegalArgumentException(
          "channels are 0 to 255: " + red + "," + green + "," + blue);
    }
  }

  int channel(int index) {
    return index == 0 ? red : index == 1 ? green : blue;
  }
}
