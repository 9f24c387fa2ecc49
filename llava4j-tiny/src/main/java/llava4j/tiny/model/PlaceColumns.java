package llava4j.tiny.model;

import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.model.GradientMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/// Columns of a fresh language model that tell where an image's row stands, which its direction
/// among words does not: [FreshDecoder] keeps words out of them and lets attention pass them on,
/// and the vision tower learns in stage 0 to fill them.
///
/// They are cosine position features: cos(k pi u) for k from 1 to 4, where u runs from 0 to 1
/// across, and then down. What attention sees of several rows is the mean of their places.
public final class PlaceColumns {
  private static final int WAVES = 4;

  /// Across and down.
  static final int COUNT = 2 * WAVES;

  private static final double EPSILON = 1e-6;
  private static final double SET_APART = 0.3; // of a word's size in its other columns

  private PlaceColumns() {}

  /// Number of the first one.
  static int first(int dim) {
    return dim - FreshDecoder.MARKS - FreshDecoder.SIGNS - COUNT;
  }

  /// Whether words have marks, and next to nothing where places go: a table that [FreshDecoder]
  /// began.
  ///
  /// @param table [vocab, dim]
  public static boolean areSetApartIn(Tensor table) {
    int dim = Math.toIntExact(table.size(1));
    if (first(dim) <= 0) {
      return false;
    }
    try (Scope _ = new Scope();
        GradientMode _ = GradientMode.off()) {
      Tensor words = Tensors.exact(table); // [vocab, dim]
      double size = size(words.narrow(1, 0, first(dim)));
      double placed = size(words.narrow(1, first(dim), COUNT));
      double mark =
          words.narrow(1, dim - FreshDecoder.MARKS, FreshDecoder.MARKS).mean().item_double();
      return mark > size / 2 && placed < SET_APART * size;
    }
  }

  private static double size(Tensor part) {
    return Math.sqrt(part.square().mean().item_double());
  }

  /// What a square's rows should have there. [rows, COUNT]
  static Tensor of(int rows) {
    int side = (int) Math.round(Math.sqrt(rows));
    float[] values = new float[rows * COUNT];
    for (int row = 0; row < rows; row++) {
      for (int wave = 0; wave < WAVES; wave++) {
        values[row * COUNT + wave] = wave(wave + 1, Math.floorMod(row, side), side);
        values[row * COUNT + WAVES + wave] = wave(wave + 1, Math.floorDiv(row, side), side);
      }
    }
    return Tensors.ofFloats(values, rows, COUNT);
  }

  private static float wave(int times, int number, int side) {
    return (float) Math.cos(times * Math.PI * (number + 0.5) / side);
  }

  /// Mean squared error of rows there, divided by each row's root mean square as the language
  /// model's norms do.
  ///
  /// @param rows [n, rows, dim]
  public static Tensor error(Tensor rows) {
    int dim = Math.toIntExact(rows.size(2));
    Tensor wanted =
        of(Math.toIntExact(rows.size(1))).to(rows.device(), rows.scalar_type()); // [rows, COUNT]
    Tensor length =
        rows.square()
            .mean(new long[] {2}, true, null)
            .add(new Scalar(EPSILON))
            .sqrt(); // [n, rows, 1]
    return rows.narrow(2, first(dim), COUNT).div(length).sub(wanted).square().mean(); // []
  }
}
