package llava4j.quant;

import java.lang.foreign.MemorySegment;

/// Packed numbers with their minimums, which are stored separately.
///
/// @param numbers without minimums
/// @param minimums F16, one for each block, [rows, blocks]; must stay open
public record WithMinimums(BlockMatrix numbers, MemorySegment minimums) implements BlockMatrix {

  /// @param minimums address of F16, [rows, blocks]
  public static WithMinimums of(BlockMatrix numbers, long minimums) {
    long count = numbers.rows() * numbers.layout().numBlocks(numbers.columns());
    return new WithMinimums(numbers, ByteRows.segment(minimums, count * Short.BYTES));
  }

  @Override
  public long rows() {
    return numbers.rows();
  }

  @Override
  public long columns() {
    return numbers.columns();
  }

  @Override
  public Layout layout() {
    Layout blocks = numbers.layout();
    return new Layout(blocks.bits(), blocks.blockValues(), true);
  }

  @Override
  public void read(long row, Row into) {
    numbers.read(row, into);
    readMinimums(row, into);
  }

  @Override
  public void read(long first, Row[] into, int count) {
    numbers.read(first, into, count);
    for (int i = 0; i < count; i++) {
      readMinimums(first + i, into[i]);
    }
  }

  private void readMinimums(long row, Row into) {
    int blocks = into.minimums.length;
    for (int block = 0; block < blocks; block++) {
      into.minimums[block] =
          Float.float16ToFloat(minimums.getAtIndex(HalfMatVec.HALF, row * blocks + block));
    }
  }
}
