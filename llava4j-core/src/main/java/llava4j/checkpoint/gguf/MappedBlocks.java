package llava4j.checkpoint.gguf;

import llava4j.checkpoint.weights.MappedFile;
import llava4j.quant.BlockMatrix;

/// A matrix that lies in a mapped file: where that was cut off meanwhile, a sentence says so.
record MappedBlocks(BlockMatrix stored, MappedFile file) implements BlockMatrix {
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
    try {
      stored.read(row, into);
    } catch (InternalError e) {
      throw file.changed(e);
    }
  }
}
