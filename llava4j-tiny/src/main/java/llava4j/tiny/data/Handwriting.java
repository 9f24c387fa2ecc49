package llava4j.tiny.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import javax.imageio.ImageIO;
import llava4j.error.BadInputException;

/// Real handwritten digits: a sheet of 50 rows and 100 columns, five rows for each digit. The last
/// twenty columns are never trained on.
final class Handwriting {
  private static final int CELL = 20;
  private static final int COLUMNS = 100;
  private static final int TRAINING_COLUMNS = 80;
  private static final int ROWS_PER_DIGIT = 5;

  private final BufferedImage sheet;

  /// @param sheet white on black
  Handwriting(BufferedImage sheet) {
    this.sheet = sheet;
  }

  /// The sheet of the unpacked package.
  static Handwriting in(Path folder) {
    Path file = folder.resolve("usr/share/doc/opencv-doc/examples/data/digits.png");
    try {
      return new Handwriting(ImageIO.read(file.toFile()));
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /// Somebody's way of writing a digit: ink on transparency.
  ///
  /// @param heldOut from the part that is never trained on
  BufferedImage digit(int digit, boolean heldOut, RandomGenerator random, int rgb) {
    int row = digit * ROWS_PER_DIGIT + random.nextInt(ROWS_PER_DIGIT);
    int column =
        heldOut ? random.nextInt(TRAINING_COLUMNS, COLUMNS) : random.nextInt(TRAINING_COLUMNS);
    BufferedImage ink = new BufferedImage(CELL, CELL, BufferedImage.TYPE_INT_ARGB);
    for (int y = 0; y < CELL; y++) {
      for (int x = 0; x < CELL; x++) {
        int strength = sheet.getRGB(column * CELL + x, row * CELL + y) & 255;
        ink.setRGB(x, y, (strength << 24) | (rgb & 0xFFFFFF));
      }
    }
    return ink;
  }
}
