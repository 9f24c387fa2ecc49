package llava4j.image;

import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Bicubic resize of 8-bit RGB, bit-identical to Pillow's `Image.resize(size, BICUBIC)`.
///
/// Cubic convolution with a = -0.5, widened when shrinking; two passes, horizontal first, each
/// rounding to 8 bits with weights of 22 fractional bits; a pass without effect is skipped. The
/// source may be on a larger canvas of one colour, and the result may be only a window of the full
/// result. Neither the canvas nor the rest of the result is ever computed, and the bits are the
/// same as without this optimisation, because integer sums do not depend on the order.
public final class PillowResize {
  private static final int FRACTION_BITS = 22;
  private static final int HALF = 1 << (FRACTION_BITS - 1);
  private static final double RADIUS = 2.0;

  /// Below this number of multiplications a second thread costs more than it saves.
  private static final long PARALLEL_FROM = 2_000_000;

  private PillowResize() {}

  /// The canvas of an image: its sides, the position of the image, and the colour around it.
  record Canvas(int width, int height, int left, int top, RgbColor color) {
    static Canvas exactly(RgbImage image) {
      return new Canvas(image.width(), image.height(), 0, 0, RgbColor.BLACK);
    }

    /// The square around an image: offset floor((long - short) / 2) on the short axis.
    static Canvas squareAround(RgbImage image, RgbColor color) {
      int side = Math.max(image.width(), image.height());
      return new Canvas(side, side, (side - image.width()) / 2, (side - image.height()) / 2, color);
    }
  }

  /// The required part of a result of `fullWidth` x `fullHeight`; it must be inside.
  record Window(long fullWidth, long fullHeight, long left, long top, int width, int height) {
    static Window all(int width, int height) {
      return new Window(width, height, 0, 0, width, height);
    }
  }

  /// The whole image in another size.
  public static RgbImage resize(RgbImage source, int width, int height) {
    return resize(source, Canvas.exactly(source), Window.all(width, height));
  }

  static RgbImage resize(RgbImage source, Canvas canvas, Window window) {
    boolean horizontal = window.fullWidth() != canvas.width();
    boolean vertical = window.fullHeight() != canvas.height();
    Taps rows =
        vertical
            ? Taps.of(canvas.height(), window.fullHeight(), window.top(), window.height())
            : Taps.copy(window.top(), window.height());
    Taps columns =
        horizontal
            ? Taps.of(canvas.width(), window.fullWidth(), window.left(), window.width())
            : Taps.copy(window.left(), window.width());
    int firstRow = rows.from[0];
    int lastRow = rows.end();
    byte[] narrow = widths(source, canvas, columns, firstRow, lastRow);
    int stride = window.width() * 3;
    if (!vertical) {
      return new RgbImage(window.width(), window.height(), narrow);
    }
    byte[] out = new byte[Math.multiplyExact(stride, window.height())];
    bands(window.height(), (long) stride * rows.weights.length)
        .forEach(band -> {
          int[] sums = new int[stride];
          for (int y = band[0]; y < band[1]; y++) {
            heights(narrow, stride, firstRow, rows, y, sums, out);
          }
        });
    return new RgbImage(window.width(), window.height(), out);
  }

  /// Ranges of rows, one for each thread.
  private static Stream<int[]> bands(int rows, long work) {
    int count =
        work < PARALLEL_FROM ? 1 : Math.min(rows, 2 * Runtime.getRuntime().availableProcessors());
    var runs =
        IntStream.range(0, count)
            .mapToObj(i ->
                new int[] {(int) ((long) rows * i / count), (int) ((long) rows * (i + 1) / count)});
    return count > 1 ? runs.parallel() : runs;
  }

  /// Horizontal pass over canvas rows `firstRow` to `lastRow`, some of which may be outside of the
  /// image.
  private static byte[] widths(
      RgbImage source, Canvas canvas, Taps columns, int firstRow, int lastRow) {
    int outWidth = columns.from.length;
    int rowCount = lastRow - firstRow;
    byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(rowCount, outWidth), 3)];
    Taps inside = columns.within(canvas.left(), canvas.left() + source.width());
    int[] start = columns.constantPart(inside, canvas.color());
    byte[] blank = blankRow(columns, canvas.color());
    bands(rowCount, (long) rowCount * columns.weights.length * 3)
        .forEach(band -> {
          for (int row = band[0]; row < band[1]; row++) {
            int y = firstRow + row - canvas.top();
            if (y < 0 || y >= source.height()) {
              System.arraycopy(blank, 0, out, row * outWidth * 3, blank.length);
            } else if (columns.identity) {
              copyRow(source, y, columns, canvas, out, row * outWidth * 3);
            } else {
              width(
                  source.pixels(),
                  (y * source.width() - canvas.left()) * 3,
                  inside,
                  start,
                  out,
                  row * outWidth * 3);
            }
          }
        });
    return out;
  }

  /// The result of a canvas row without image pixels.
  private static byte[] blankRow(Taps columns, RgbColor color) {
    byte[] row = new byte[columns.from.length * 3];
    if (columns.identity) {
      fill(row, 0, columns.from.length, color);
      return row;
    }
    int[] sums = columns.constantPart(columns.within(0, 0), color);
    for (int i = 0; i < row.length; i++) {
      row[i] = clip(sums[i]);
    }
    return row;
  }

  private static void fill(byte[] out, int at, int count, RgbColor color) {
    for (int x = 0; x < count; x++) {
      out[at++] = (byte) color.red();
      out[at++] = (byte) color.green();
      out[at++] = (byte) color.blue();
    }
  }

  private static void copyRow(
      RgbImage source, int y, Taps columns, Canvas canvas, byte[] out, int at) {
    int count = columns.from.length;
    int first = columns.from[0] - canvas.left();
    int begin = Math.clamp(-first, 0, count);
    int end = Math.clamp(source.width() - first, begin, count);
    fill(out, at, begin, canvas.color());
    if (end > begin) {
      int in = (y * source.width() + first + begin) * 3;
      System.arraycopy(source.pixels(), in, out, at + begin * 3, (end - begin) * 3);
    }
    fill(out, at + end * 3, count - end, canvas.color());
  }

  /// One row; `origin` is the index of canvas column 0 in `pixels`.
  private static void width(byte[] pixels, int origin, Taps taps, int[] start, byte[] out, int at) {
    int[] weights = taps.weights;
    for (int x = 0; x < taps.from.length; x++) {
      int red = start[x * 3];
      int green = start[x * 3 + 1];
      int blue = start[x * 3 + 2];
      int end = taps.first[x] + taps.count[x];
      int in = origin + taps.from[x] * 3;
      for (int k = taps.first[x]; k < end; k++, in += 3) {
        int weight = weights[k];
        red += (pixels[in] & 0xFF) * weight;
        green += (pixels[in + 1] & 0xFF) * weight;
        blue += (pixels[in + 2] & 0xFF) * weight;
      }
      out[at++] = clip(red);
      out[at++] = clip(green);
      out[at++] = clip(blue);
    }
  }

  /// One row of the vertical pass. It loops along rows, so that the compiler can vectorise it.
  private static void heights(
      byte[] in, int stride, int firstRow, Taps taps, int y, int[] sums, byte[] out) {
    Arrays.fill(sums, HALF);
    for (int k = 0; k < taps.count[y]; k++) {
      int weight = taps.weights[taps.first[y] + k];
      int at = (taps.from[y] - firstRow + k) * stride;
      for (int i = 0; i < stride; i++) {
        sums[i] += (in[at + i] & 0xFF) * weight;
      }
    }
    for (int i = 0; i < stride; i++) {
      out[y * stride + i] = clip(sums[i]);
    }
  }

  private static byte clip(int sum) {
    return (byte) Math.clamp(sum >> FRACTION_BITS, 0, 255);
  }

  /// For each required output index: its first input index, the number of inputs, and the index of
  /// its first weight.
  private static final class Taps {
    final int[] from;
    final int[] count;
    final int[] first;
    final int[] weights;
    final boolean identity;

    private Taps(int[] from, int[] count, int[] first, int[] weights, boolean identity) {
      this.from = from;
      this.count = count;
      this.first = first;
      this.weights = weights;
      this.identity = identity;
    }

    static Taps copy(long begin, int wanted) {
      int[] from = new int[wanted];
      int[] count = new int[wanted];
      for (int i = 0; i < wanted; i++) {
        from[i] = Math.toIntExact(begin + i);
        count[i] = 1;
      }
      return new Taps(from, count, new int[wanted], new int[] {1 << FRACTION_BITS}, true);
    }

    static Taps of(int in, long out, long begin, int wanted) {
      double scale = (double) in / out;
      double filterScale = Math.max(scale, 1.0);
      double support = RADIUS * filterScale;
      double inverse = 1.0 / filterScale;
      int[] from = new int[wanted];
      int[] count = new int[wanted];
      int[] first = new int[wanted];
      int size = (int) Math.ceil(support) * 2 + 1;
      int[] weights = new int[Math.multiplyExact(Math.min(size, in), wanted)];
      double[] raw = new double[size];
      int used = 0;
      for (int i = 0; i < wanted; i++) {
        double center = (begin + i + 0.5) * scale;
        int low = Math.max(0, (int) (center - support + 0.5));
        int high = Math.min(in, (int) (center + support + 0.5));
        double sum = 0;
        for (int x = low; x < high; x++) {
          raw[x - low] = kernel((x - center + 0.5) * inverse);
          sum += raw[x - low];
        }
        from[i] = low;
        count[i] = high - low;
        first[i] = used;
        for (int x = 0; x < high - low; x++) {
          double weight = sum != 0 ? raw[x] / sum : raw[x];
          weights[used++] = (int) (weight * (1 << FRACTION_BITS) + (weight < 0 ? -0.5 : 0.5));
        }
      }
      return new Taps(from, count, first, weights, false);
    }

    private static double kernel(double at) {
      double t = Math.abs(at);
      double a = -0.5;
      if (t < 1) {
        return ((a + 2) * t - (a + 3)) * t * t + 1;
      }
      return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
    }

    /// One past the last input index that is needed for any output.
    int end() {
      int end = 0;
      for (int i = 0; i < from.length; i++) {
        end = Math.max(end, from[i] + count[i]);
      }
      return end;
    }

    /// The taps within [low, high).
    Taps within(int low, int high) {
      int[] newFrom = new int[from.length];
      int[] newCount = new int[from.length];
      int[] newFirst = new int[from.length];
      for (int i = 0; i < from.length; i++) {
        newFrom[i] = Math.clamp(from[i], low, high);
        newCount[i] = Math.max(0, Math.min(from[i] + count[i], high) - newFrom[i]);
        newFirst[i] = first[i] + newFrom[i] - from[i];
      }
      return new Taps(newFrom, newCount, newFirst, weights, identity);
    }

    /// The initial sum for each output and channel: the half for rounding, and the contribution of
    /// the canvas colour through the taps that are not in `inside`.
    int[] constantPart(Taps inside, RgbColor color) {
      int[] start = new int[from.length * 3];
      for (int i = 0; i < from.length; i++) {
        int outside = 0;
        for (int k = first[i]; k < first[i] + count[i]; k++) {
          boolean kept = k >= inside.first[i] && k < inside.first[i] + inside.count[i];
          outside += kept || identity ? 0 : weights[k];
        }
        for (int c = 0; c < 3; c++) {
          start[i * 3 + c] = HALF + outside * color.channel(c);
        }
      }
      return start;
    }
  }
}
