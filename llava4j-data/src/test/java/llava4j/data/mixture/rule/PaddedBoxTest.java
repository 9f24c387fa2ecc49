package llava4j.data.mixture.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import llava4j.data.ImageSize;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PaddedBoxTest {
  /// Numbers from 0 to 1 with at most two decimals and no trailing zero, except directly after the
  /// point.
  private static final String NUMBER = "(0\\.0|1\\.0|0\\.[0-9]?[1-9])";

  /// The output of Python 3 for `[round(v, 2)]`.
  @ParameterizedTest
  @CsvSource({
    "0.28, 0.28",
    "0.8, 0.8",
    "0.800001, 0.8",
    "0, 0.0",
    "1, 1.0",
    "0.999, 1.0",
    "0.005, 0.01",
    "0.015, 0.01",
    "0.125, 0.12",
    "0.375, 0.38",
    "0.675, 0.68",
    "0.285, 0.28",
    "0.004999, 0.0",
    "0.1, 0.1",
    "0.3333333333333333, 0.33"
  })
  void numbersAreRoundedAsPythonDoes(double value, String expected) {
    assertThat(new PaddedBox(value, value, value, value).text())
        .isEqualTo("[" + String.join(", ", expected, expected, expected, expected) + "]");
  }

  @Test
  void theExampleOfTheFormat() {
    assertThat(new PaddedBox(0.28, 0.8, 0.48, 0.98).text()).isEqualTo("[0.28, 0.8, 0.48, 0.98]");
  }

  @Test
  void aLandscapeImageIsPaddedAboveAndBelow() {
    PixelBox box = new PixelBox(320, 0, 640, 427);
    assertThat(PaddedBox.of(box, new ImageSize(640, 427)).text())
        .isEqualTo("[0.5, 0.17, 1.0, 0.83]"); // (640 - 427) / 2 = 106 rows, 106/640 = 0.166
  }

  @Test
  void aPortraitImageIsPaddedLeftAndRight() {
    PixelBox box = new PixelBox(0, 250, 333, 500);
    assertThat(PaddedBox.of(box, new ImageSize(333, 500)).text())
        .isEqualTo("[0.17, 0.5, 0.83, 1.0]"); // 83 columns, 83/500 = 0.166, 416/500 = 0.832
  }

  @Property
  void pixelsComeBack(
      @ForAll @IntRange(min = 1, max = 3000) int width,
      @ForAll @IntRange(min = 1, max = 3000) int height,
      @ForAll @DoubleRange(max = 1) double left,
      @ForAll @DoubleRange(max = 1) double top) {
    ImageSize size = new ImageSize(width, height);
    PixelBox box = new PixelBox(left * width, top * height, width, height);
    PixelBox back = PaddedBox.of(box, size).toPixels(size);
    assertThat(back.x1()).isCloseTo(box.x1(), within(1e-6));
    assertThat(back.y1()).isCloseTo(box.y1(), within(1e-6));
    assertThat(back.x2()).isCloseTo(width, within(1e-6));
    assertThat(back.y2()).isCloseTo(height, within(1e-6));
  }

  @Property
  void theTextComesBackWithinItsRounding(
      @ForAll @IntRange(min = 1, max = 3000) int width,
      @ForAll @IntRange(min = 1, max = 3000) int height,
      @ForAll @DoubleRange(max = 1) double left,
      @ForAll @DoubleRange(max = 1) double top) {
    ImageSize size = new ImageSize(width, height);
    PixelBox box = new PixelBox(left * width, top * height, width, height);
    String text = PaddedBox.of(box, size).text();
    assertThat(text).matches("\\[NUMBER, NUMBER, NUMBER, NUMBER]".replace("NUMBER", NUMBER));
    PixelBox back = PaddedBox.find("It is at " + text + ".").orElseThrow().toPixels(size);
    double rounding = 0.005 * size.side() + 1e-6;
    assertThat(back.x1()).isCloseTo(box.x1(), within(rounding)).isBetween(0.0, (double) width);
    assertThat(back.y1()).isCloseTo(box.y1(), within(rounding)).isBetween(0.0, (double) height);
  }

  @Property
  void pixelsLieInTheImageWhateverTheModelSays(
      @ForAll @IntRange(min = 1, max = 3000) int width,
      @ForAll @IntRange(min = 1, max = 3000) int height,
      @ForAll @DoubleRange(min = -10, max = 10) double value) {
    PixelBox box = new PaddedBox(value, value, value, value).toPixels(new ImageSize(width, height));
    assertThat(box.x1()).isEqualTo(box.x2()).isBetween(0.0, (double) width);
    assertThat(box.y1()).isEqualTo(box.y2()).isBetween(0.0, (double) height);
  }

  @Test
  void thePaddingBelongsToTheEdge() {
    PixelBox box = new PaddedBox(0, 0, 1, 1).toPixels(new ImageSize(400, 200));
    assertThat(box).isEqualTo(new PixelBox(0, 0, 400, 200));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"no box here", "[0.1, 0.2, 0.3]", "[0.1, 0.2, 0.3, x]", "0.1, 0.2, 0.3, 0.4"})
  void textsWithoutABoxHaveNone(String text) {
    assertThat(PaddedBox.find(text)).isEmpty();
  }

  @Test
  void boxesOutsideTheImageAreCutOrGone() {
    ImageSize size = new ImageSize(100, 50);
    assertThat(PixelBox.ofCorner(-10, 40, 30, 30).within(size))
        .contains(new PixelBox(0, 40, 20, 50));
    assertThat(PixelBox.ofCorner(100, 0, 10, 10).within(size)).isEmpty();
    assertThat(PixelBox.ofCorner(5, 5, 0, 10).within(size)).isEmpty();
    assertThat(PixelBox.ofCorner(5, 5, -3, 10).within(size)).isEmpty();
  }
}
