package llava4j.quant;

/// A matrix that stores its minimums while its rows are read, so that it is read only once for
/// packing.
///
/// @param minimums `[rows * blocks]`, filled row by row; large enough for the whole matrix
public record KeptMinimums(BlockMatrix matrix, float[] minimums) implements BlockMatrix {
  @Override
  public long rows() {
    return matrix.rows();
  }

  @Override
  public long columns() {
    return matrix.columns();
  }

  @Override
  public Layout layout() {
    return matrix.layout();
  }

  @Override
  public void read(long row, Row into) {
    matrix.read(row, into);
    int count = into.minimums.length;
    System.arraycopy(into.minimums, 0, minimums, Math.toIntExact(row * count), count);
  }
}
