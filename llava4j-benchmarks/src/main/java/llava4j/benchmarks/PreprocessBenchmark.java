package llava4j.benchmarks;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import llava4j.config.Llava15;
import llava4j.image.ImageMode;
import llava4j.image.ImageProcessorConfig;
import llava4j.image.PixelValues;
import llava4j.image.Preprocessor;
import llava4j.image.RgbImage;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.decode.ImageDecoder;

/// A photograph of 12 megapixels, from its file to the vision tower's input, compared with only
/// decoding the file with the JDK.
final class PreprocessBenchmark implements Benchmark {
  private static final double BAR = 1.5;
  private static final int WIDTH = 4000;
  private static final int HEIGHT = 3000;

  @Override
  public String name() {
    return "preprocess";
  }

  @Override
  public String description() {
    return "a 12-megapixel JPEG decoded, padded, resized and normalised, compared with decoding alone"
        + " (1.5x)";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    ImageIO.setUseCache(false); // as a server would: the bytes are in memory already
    byte[] file = new Photograph(WIDTH, HEIGHT, 17).jpeg();
    out.printf(Locale.ROOT, "  %dx%d, %.1f MB%n", WIDTH, HEIGHT, file.length / 1e6);
    int size = Llava15.vicuna7b().vision().imageSize();
    Preprocessor preprocessor =
        new Preprocessor(ImageProcessorConfig.clip(size), new ImageMode.Pad());
    RgbImage decoded = decode(file);
    List<Timing> timings =
        Timing.alternately(
            2,
            repeats,
            () -> preprocessor.process(decode(file)),
            () -> decodeBare(file),
            () -> decode(file),
            () -> preprocessor.process(decoded));
    out.println("  file to tensor:        " + timings.get(0));
    out.println("  decoding by ImageIO:   " + timings.get(1));
    out.println("  our decoding alone:    " + timings.get(2));
    out.println("  pad, resize, normalise:" + timings.get(3));
    checkAnswer(decoded, preprocessor.process(decoded), preprocessor.config(), out);
    Report report = new Report();
    report.figure("whole_ms", timings.get(0).median());
    report.figure("imageio_decode_ms", timings.get(1).median());
    report.figure("decode_ms", timings.get(2).median());
    report.figure("resize_ms", timings.get(3).median());
    report.figure("ratio_of_best", timings.get(0).best() / timings.get(1).best());
    report.atMost("ratio", timings.get(0).median() / timings.get(1).median(), BAR);
    return report;
  }

  private static RgbImage decode(byte[] file) {
    return ImageDecoder.decode(file, "photograph", DecodeOptions.defaults()).image();
  }

  private static void decodeBare(byte[] file) {
    try {
      ImageIO.read(new ByteArrayInputStream(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Checks that every output pixel is near the mean of its input pixels, and that there is
  /// padding.
  private static void checkAnswer(
      RgbImage image, PixelValues values, ImageProcessorConfig config, PrintWriter out) {
    int size = values.size();
    double scale = (double) WIDTH / size;
    int margin = (WIDTH - HEIGHT) / 2;
    double apart = 0;
    int count = 0;
    for (int y = 0; y < size; y++) {
      int top = (int) (y * scale) - margin;
      int bottom = (int) ((y + 1) * scale) - margin;
      if (top < 0 || bottom > HEIGHT) {
        continue;
      }
      for (int x = 0; x < size; x++) {
        double mean =
            mean(image, (int) (x * scale), top, (int) Math.min(WIDTH, (x + 1) * scale), bottom);
        double expected = (mean / 255 - config.mean().red()) / config.std().red();
        apart += Math.abs(values.data()[y * size + x] - expected);
        count++;
      }
    }
    double border = Math.abs(values.data()[size / 2]);
    Benchmark.check(
        values.views() == 1 && apart / count < 0.05 && border < 0.02,
        String.format(
            Locale.ROOT,
            "pixels are near the mean of what they stand for (%.3f), the border near 0 (%.3f)",
            apart / count,
            border),
        out);
  }

  private static double mean(RgbImage image, int left, int top, int right, int bottom) {
    long sum = 0;
    for (int y = top; y < bottom; y++) {
      for (int x = left; x < right; x++) {
        sum += image.pixels()[3 * (y * image.width() + x)] & 0xFF;
      }
    }
    return (double) sum / ((bottom - top) * (right - left));
  }
}
