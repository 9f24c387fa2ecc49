package llava4j.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import llava4j.image.PillowResize.Canvas;
import llava4j.image.PillowResize.Window;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PillowResizeTest {
  static RgbImage noise(int width, int height, long seed) {
    byte[] pixels = new byte[width * height * 3];
    new Random(seed).nextBytes(pixels);
    return new RgbImage(width, height, pixels);
  }

  /// The algorithm as one reads it in the specification: whole canvas, one sample at a time.
  private static RgbImage plainResize(RgbImage image, int width, int height) {
    int[][][] current = new int[image.height()][image.width()][3];
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        for (int c = 0; c < 3; c++) {
          current[y][x][c] = image.pixels()[(y * image.width() + x) * 3 + c] & 0xFF;
        }
      }
    }
    if (width != image.width()) {
      int[][][] next = new int[image.height()][width][3];
      for (int y = 0; y < image.height(); y++) {
        for (int x = 0; x < width; x++) {
          for (int c = 0; c < 3; c++) {
            int[] line = new int[image.width()];
            for (int i = 0; i < line.length; i++) {
              line[i] = current[y][i][c];
            }
            next[y][x][c] = plainSample(line, width, x);
          }
        }
      }
      current = next;
    }
    byte[] out = new byte[width * height * 3];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
          int[] line = new int[image.height()];
          for (int i = 0; i < line.length; i++) {
            line[i] = current[i][x][c];
          }
          int value = height == image.height() ? line[y] : plainSample(line, height, y);
          out[(y * width + x) * 3 + c] = (byte) value;
        }
      }
    }
    return new RgbImage(width, height, out);
  }

  private static int plainSample(int[] line, int size, int index) {
    double scale = (double) line.length / size;
    double filterScale = Math.max(scale, 1);
    double support = 2 * filterScale;
    double center = (index + 0.5) * scale;
    int low = Math.max(0, (int) (center - support + 0.5));
    int high = Math.min(line.length, (int) (center + support + 0.5));
    double[] weights = new double[high - low];
    double total = 0;
    for (int x = low; x < high; x++) {
      double t = Math.abs((x - center + 0.5) * (1 / filterScale));
      double weight = 0;
      if (t < 1) {
        weight = (1.5 * t - 2.5) * t * t + 1;
      } else if (t < 2) {
        weight = (((t - 5) * t + 8) * t - 4) * -0.5;
      }
      weights[x - low] = weight;
      total += weight;
    }
    long sum = 1 << 21;
    for (int x = low; x < high; x++) {
      double weight = weights[x - low] / total;
      sum += line[x] * (long) (weight * (1 << 22) + (weight < 0 ? -0.5 : 0.5));
    }
    return Math.clamp(sum >> 22, 0, 255);
  }

  private static RgbImage materialised(RgbImage image, Canvas canvas) {
    RgbImage whole = RgbImage.filled(canvas.width(), canvas.height(), canvas.color());
    image.copyInto(whole.pixels(), canvas.width(), canvas.left(), canvas.top());
    return whole;
  }

  @Test
  void goldenVectorOfTheSpecificationIsMet() {
    byte[] pixels = new byte[45];
    for (int i = 0; i < 45; i++) {
      pixels[i] = (byte) (37 * (i / 3 % 5) + 11 * (i / 15) + 5 * (i % 3));
    }
    RgbImage out = PillowResize.resize(new RgbImage(5, 3, pixels), 3, 4);
    int[] red = {12, 73, 134, 19, 80, 141, 29, 90, 151, 36, 97, 158};
    int[] blue = {22, 83, 144, 29, 90, 151, 39, 100, 161, 46, 107, 168};
    for (int i = 0; i < 12; i++) {
      assertThat(out.pixels()[i * 3] & 0xFF).isEqualTo(red[i]);
      assertThat(out.pixels()[i * 3 + 2] & 0xFF).isEqualTo(blue[i]);
    }
  }

  @Property(tries = 150)
  void fastResizeEqualsPlainResize(
      @ForAll @IntRange(min = 1, max = 40) int width,
      @ForAll @IntRange(min = 1, max = 40) int height,
      @ForAll @IntRange(min = 1, max = 30) int outWidth,
      @ForAll @IntRange(min = 1, max = 30) int outHeight,
      @ForAll long seed) {
    RgbImage image = noise(width, height, seed);
    assertThat(PillowResize.resize(image, outWidth, outHeight))
        .isEqualTo(plainResize(image, outWidth, outHeight));
  }

  @Property(tries = 150)
  void virtualCanvasAndWindowChangeNoBit(
      @ForAll @IntRange(min = 1, max = 30) int width,
      @ForAll @IntRange(min = 1, max = 30) int height,
      @ForAll @IntRange(min = 1, max = 40) int outSize,
      @ForAll long seed) {
    RgbImage image = noise(width, height, seed);
    Canvas canvas = Canvas.squareAround(image, new RgbColor(122, 116, 104));
    RgbImage whole = plainResize(materialised(image, canvas), outSize, outSize);
    assertThat(PillowResize.resize(image, canvas, Window.all(outSize, outSize))).isEqualTo(whole);
    Random random = new Random(seed);
    int left = random.nextInt(outSize);
    int top = random.nextInt(outSize);
    int partWidth = 1 + random.nextInt(outSize - left);
    int partHeight = 1 + random.nextInt(outSize - top);
    var window = new Window(outSize, outSize, left, top, partWidth, partHeight);
    assertThat(PillowResize.resize(image, canvas, window))
        .isEqualTo(whole.crop(left, top, partWidth, partHeight));
  }

  @Test
  void threadsChangeNoBit() {
    RgbImage image = noise(700, 500, 7);
    assertThat(PillowResize.resize(image, 336, 240)).isEqualTo(plainResize(image, 336, 240));
  }
}
