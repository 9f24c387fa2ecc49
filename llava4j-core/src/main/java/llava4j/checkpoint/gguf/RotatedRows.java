package llava4j.checkpoint.gguf;

import llava4j.quant.BlockMatrix;

/// A query or key projection of a GGUF file with its rows in our order (see [RotaryLayout]).
record RotatedRows(BlockMatrix stored, int heads) implements BlockMatrix {
  @Override
  public long rows() {
    return stored.rows();
  }

  @Override
  public long columns() {
    return stored.columns();
  }

  @Override
  public Layout layout() {
    return stored.layout();
  }

  @Override
  public void read(long row, Row into) {
    stored.read(RotaryLayout.storedRow(row, rows(), heads), into);
  }
}
