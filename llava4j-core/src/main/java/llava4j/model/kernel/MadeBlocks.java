package llava4j.model.kernel;

import java.util.Arrays;
import java.util.Random;
import llava4j.quant.BlockMatrix;

/// A matrix that is made up for a check or a measurement. Its rows repeat after [#DIFFERENT].
final class MadeBlocks implements BlockMatrix {
  /// A prime, so that no two rows of a panel or tile are the same.
  static final int DIFFERENT = 67;

  /// What its numbers are.
  enum Numbers {
    RANDOM,
    LEAST,
    MOST
  }

  private final Layout layout;
  private final long rows;
  private final long columns;
  private final Row[] different;

  /// @param columns a multiple of the blocks' size
  MadeBlocks(Layout layout, long rows, long columns, Numbers numbers) {
    this.layout = layout;
    this.rows = rows;
    this.columns = columns;
    this.different = new Row[Math.toIntExact(Math.min(rows, DIFFERENT))];
    Random random = new Random(layout.bits());
    for (int i = 0; i < different.length; i++) {
      different[i] = row(numbers, random);
    }
  }

  private Row row(Numbers numbers, Random random) {
    Row row = new Row(layout, columns);
    switch (numbers) {
      case RANDOM -> random.nextBytes(row.packed);
      case LEAST -> {} // numbers are kept above the least
      case MOST -> Arrays.fill(row.packed, (byte) -1);
    }
    for (int block = 0; block < row.scales.length; block++) {
      float scale = numbers == Numbers.RANDOM ? 0.01f + 0.01f * random.nextFloat() : 0.01f;
      // as most files have them, in 16 bits
      row.scales[block] = Float.float16ToFloat(Float.floatToFloat16(scale));
    }
    return row;
  }

  @Override
  public long rows() {
    return rows;
  }

  @Override
  public long columns() {
    return columns;
  }

  @Override
  public Layout layout() {
    return layout;
  }

  @Override
  public void read(long row, Row into) {
    Row read = different[(int) (row % different.length)];
    System.arraycopy(read.packed, 0, into.packed, 0, read.packed.length);
    System.arraycopy(read.scales, 0, into.scales, 0, read.scales.length);
  }

  /// A row as numbers. `[columns]`
  double[] decoded(int row) {
    double[] decoded = new double[Math.toIntExact(columns)];
    for (int i = 0; i < decoded.length; i++) {
      decoded[i] = different[row % different.length].value(layout, i);
    }
    return decoded;
  }
}
