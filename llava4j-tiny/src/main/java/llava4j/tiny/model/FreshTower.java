package llava4j.tiny.model;

import java.util.Comparator;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import llava4j.config.VisionConfig;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// What a vision tower begins with, so that it needs fewer images to learn from.
///
/// Patches are told apart by how their brightness changes, fine changes made as large as coarse
/// ones (a fixed whitening, after arXiv 2404.00498): with random kernels nine tenths of what a row
/// says is its mean colour. Places have numbers of their own, the last headDim of a row; each head
/// of the first blocks looks at the row at a fixed distance, as a convolution does (arXiv
/// 2404.01139).
final class FreshTower {
  /// How far a head looks, down and across; the first block's heads first.
  private static final int[][] DISTANCES = {
    {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {1, -1}, {-1, 1}, {-1, -1}, {0, 2}, {0, -2}, {2, 0},
    {-2, 0}
  };

  private static final int CHANNELS = 3;

  /// Brightness, red against blue, green against both: each with its share of the kernels and its
  /// deviation in images against that of brightness.
  private static final List<Opponent> OPPONENTS =
      List.of(
          new Opponent(new double[] {1, 1, 1}, 7.0 / 12, 1),
          new Opponent(new double[] {1, 0, -1}, 1.0 / 4, 0.6),
          new Opponent(new double[] {1, -2, 1}, 1.0 / 6, 0.4));

  private static final double MEAN_DEVIATION = 23; // of a patch's mean, times its side
  private static final double WAVE_DEVIATION = 4.6; // of a wave of half a turn over a patch
  private static final double LONGEST = Math.PI / 16; // of places: angle from row to row
  private static final double SHORTEST = 0.9 * Math.PI;
  private static final double AMPLITUDE = 2; // of places: patches have a deviation of 1

  private final int dim;
  private final int headDim;
  private final int heads;
  private final int patch;
  private final int side;

  private record Opponent(double[] weights, double share, double deviation) {}

  private record Wave(int down, int across) {
    double frequency() {
      return Math.hypot(down, across);
    }
  }

  /// @throws IllegalArgumentException if a head is too narrow for sines and cosines of both axes
  FreshTower(VisionConfig config) {
    this.dim = config.dim();
    this.heads = config.numHeads();
    this.headDim = dim / heads;
    this.patch = config.patchSize();
    this.side = config.imageSize() / config.patchSize();
    if (headDim % 4 != 0 || headDim < 8 || heads < 2) {
      throw new IllegalArgumentException(heads + " heads of " + headDim + " columns");
    }
  }

  /// Cosine waves over the patch, the longest first, each divided by its deviation in images;
  /// nothing in the columns of places. [dim, 3, patch, patch]
  Tensor patchKernels() {
    int content = dim - headDim;
    float[] values = new float[dim * CHANNELS * patch * patch];
    int kernel = 0;
    for (Opponent opponent : OPPONENTS) {
      boolean last = opponent.equals(OPPONENTS.getLast());
      int wanted = last ? content - kernel : (int) Math.round(content * opponent.share());
      for (Wave wave : waves().subList(0, wanted)) {
        fill(values, kernel++, opponent, wave);
      }
    }
    return Tensors.ofFloats(values, dim, CHANNELS, patch, patch);
  }

  private List<Wave> waves() {
    return IntStream.range(0, patch * patch)
        .mapToObj(i -> new Wave(i / patch, i % patch))
        .sorted(Comparator.comparingDouble(Wave::frequency))
        .toList();
  }

  private void fill(float[] values, int kernel, Opponent opponent, Wave wave) {
    double length = Math.sqrt(DoubleStream.of(opponent.weights()).map(w -> w * w).sum());
    double deviation =
        opponent.deviation()
            * (wave.frequency() == 0 ? MEAN_DEVIATION : WAVE_DEVIATION / wave.frequency());
    for (int channel = 0; channel < CHANNELS; channel++) {
      double weight = opponent.weights()[channel] / length / deviation;
      for (int y = 0; y < patch; y++) {
        for (int x = 0; x < patch; x++) {
          int at = ((kernel * CHANNELS + channel) * patch + y) * patch + x;
          values[at] = (float) (weight * cosine(wave.down(), y) * cosine(wave.across(), x));
        }
      }
    }
  }

  /// Orthonormal: the type II discrete cosine transform.
  private double cosine(int wave, int pixel) {
    return Math.sqrt((wave == 0 ? 1.0 : 2.0) / patch)
        * Math.cos(Math.PI * (pixel + 0.5) * wave / patch);
  }

  /// Sines and cosines of row and column in the last headDim numbers; nothing elsewhere and nothing
  /// for the class row. [1 + side * side, dim]
  Tensor positions() {
    float[] values = new float[(1 + side * side) * dim];
    int quarter = headDim / 4;
    for (int place = 0; place < side * side; place++) {
      int start = (2 + place) * dim - headDim;
      for (int i = 0; i < quarter; i++) {
        double down = Math.floorDiv(place, side) * angle(i);
        double across = Math.floorMod(place, side) * angle(i);
        values[start + i] = (float) (AMPLITUDE * Math.sin(down));
        values[start + quarter + i] = (float) (AMPLITUDE * Math.cos(down));
        values[start + 2 * quarter + i] = (float) (AMPLITUDE * Math.sin(across));
        values[start + 3 * quarter + i] = (float) (AMPLITUDE * Math.cos(across));
      }
    }
    return Tensors.ofFloats(values, 1 + side * side, dim);
  }

  private double angle(int frequency) {
    int frequencies = headDim / 4;
    return LONGEST + (SHORTEST - LONGEST) * frequency / (frequencies - 1.0);
  }

  /// Whether a block's heads look at fixed distances.
  boolean looksAtDistances(int block) {
    return (block + 1) * heads <= DISTANCES.length;
  }

  /// Turns a row's place by each head's distance: the query matches the key that lies there. [dim,
  /// dim]
  Tensor queries(int block) {
    float[] values = new float[dim * dim];
    for (int head = 0; head < heads; head++) {
      int[] distance = DISTANCES[block * heads + head];
      turn(values, head * headDim, 0, distance[0]);
      turn(values, head * headDim, headDim / 2, distance[1]);
    }
    return Tensors.ofFloats(values, dim, dim);
  }

  /// Row and column of a place, in every head. [dim, dim]
  Tensor keys() {
    float[] values = new float[dim * dim];
    for (int row = 0; row < dim; row++) {
      values[row * dim + dim - headDim + row % headDim] = 1;
    }
    return Tensors.ofFloats(values, dim, dim);
  }

  /// The sum formulas of sine and cosine, for one axis.
  private void turn(float[] values, int head, int axis, int distance) {
    int quarter = headDim / 4;
    int columns = dim - headDim + axis;
    for (int i = 0; i < quarter; i++) {
      float cos = (float) Math.cos(distance * angle(i));
      float sin = (float) Math.sin(distance * angle(i));
      int sineRow = (head + axis + i) * dim + columns;
      int cosineRow = (head + axis + quarter + i) * dim + columns;
      values[sineRow + i] = cos;
      values[sineRow + quarter + i] = sin;
      values[cosineRow + i] = -sin;
      values[cosineRow + quarter + i] = cos;
    }
  }
}
