package llava4j.data.mixture.rule;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import llava4j.data.ImageSize;

/// A box in the model's coordinates: left, top, right, bottom, from 0 to 1, relative to the square
/// that the image is padded to (spec 6.5). For Visual Genome this was stated by the maintainer and
/// confirmed by users; for RefCOCO reports conflict, so it is partly UNVERIFIED.
public record PaddedBox(double x1, double y1, double x2, double y2) {
  private static final String NUMBER = "\\s*(-?\\d{1,9}(?:\\.\\d{1,17})?)\\s*";
  private static final Pattern LIST =
      Pattern.compile("\\[" + NUMBER + "," + NUMBER + "," + NUMBER + "," + NUMBER + "]");

  /// Converts a box in pixels of an image.
  public static PaddedBox of(PixelBox box, ImageSize size) {
    double side = size.side();
    return new PaddedBox(
        (box.x1() + size.padX()) / side,
        (box.y1() + size.padY()) / side,
        (box.x2() + size.padX()) / side,
        (box.y2() + size.padY()) / side);
  }

  /// The first box in a text, such as an answer of the model; empty if there is none.
  public static Optional<PaddedBox> find(String text) {
    Matcher found = LIST.matcher(text);
    return found.find()
        ? Optional.of(
            new PaddedBox(number(found, 1), number(found, 2), number(found, 3), number(found, 4)))
        : Optional.empty();
  }

  /// Converts to pixels of the image; coordinates in the padding are moved to the image's edge.
  public PixelBox toPixels(ImageSize size) {
    return new PixelBox(
        Math.clamp(x1 * size.side() - size.padX(), 0, size.width()),
        Math.clamp(y1 * size.side() - size.padY(), 0, size.height()),
        Math.clamp(x2 * size.side() - size.padX(), 0, size.width()),
        Math.clamp(y2 * size.side() - size.padY(), 0, size.height()));
  }

  /// The box as Python prints a list of numbers rounded to two decimals: `[0.28, 0.8, 0.48, 0.98]`.
  public String text() {
    return DoubleStream.of(x1, y1, x2, y2)
        .mapToObj(PaddedBox::rounded)
        .collect(Collectors.joining(", ", "[", "]"));
  }

  /// Rounds as Python does: by the exact binary value, so that only values such as 0.125 are ties;
  /// ties go to even.
  private static String rounded(double value) {
    return Double.toString(new BigDecimal(value).setScale(2, RoundingMode.HALF_EVEN).doubleValue());
  }

  private static double number(Matcher found, int group) {
    return Double.parseDouble(found.group(group));
  }
}
