package llava4j.checkpoint.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;
import llava4j.quant.BlockMatrix;

/// A quantised matrix of a GGUF file, read in place and without loss: types of up to four bits
/// become 4-bit values, the others 8-bit values; scales become F32.
final class GgufBlocks implements BlockMatrix {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort HALF =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long LOW_NIBBLES = 0x0F0F0F0F0F0F0F0FL;

  private final GgmlType type;
  private final MemorySegment stored;
  private final Layout layout;
  private final long rows;
  private final long columns;

  private GgufBlocks(GgmlType type, MemorySegment stored, Layout layout, long rows, long columns) {
    this.type = type;
    this.stored = stored;
    this.layout = layout;
    this.rows = rows;
    this.columns = columns;
  }

  /// The matrix; empty if its type has no blocks.
  ///
  /// @param stored the bytes of exactly its blocks
  static Optional<BlockMatrix> of(GgmlType type, MemorySegment stored, long rows, long columns) {
    return layout(type).map(layout -> new GgufBlocks(type, stored, layout, rows, columns));
  }

  /// How values of a type are kept; empty for types without blocks.
  static Optional<Layout> layout(GgmlType type) {
    return Optional.ofNullable(
        switch (type) {
          case Q4_0 -> new Layout(4, 32, false);
          case Q4_1, Q4_K -> new Layout(4, 32, true);
          case Q2_K -> new Layout(4, 16, true);
          case Q3_K -> new Layout(4, 16, false);
          case Q5_0, Q8_0 -> new Layout(8, 32, false);
          case Q5_1, Q5_K -> new Layout(8, 32, true);
          case Q6_K -> new Layout(8, 16, false);
          case F32, F16, BF16, I8, I16, I32, I64, F64, Q8_1, Q8_K -> null;
          case IQ2_XXS, IQ2_XS, IQ3_XXS, IQ1_S, IQ4_NL, IQ3_S, IQ2_S, IQ4_XS, IQ1_M -> null;
          case TQ1_0, TQ2_0, MXFP4 -> null;
        });
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
    long rowBytes = columns / type.blockValues() * type.blockBytes();
    MemorySegment blocks = stored.asSlice(row * rowBytes, rowBytes);
    switch (type) {
      case Q4_0 -> readQ4(blocks, into);
      case Q8_0 -> readQ8(blocks, into);
      default -> readAny(blocks.toArray(ValueLayout.JAVA_BYTE), into);
    }
  }

  private void readAny(byte[] blocks, Row into) {
    // values 0 to 15 become -8 to 7, and the minimum compensates for it
    int less = type == GgmlType.Q4_1 || type == GgmlType.Q4_K ? 8 : 0;
    int groups = type.blockValues() / layout.blockValues();
    UnpackedBlock block = new UnpackedBlock();
    for (int i = 0; i < blocks.length / type.blockBytes(); i++) {
      BlockUnpacker.unpack(type, blocks, i * type.blockBytes(), block);
      System.arraycopy(block.scales, 0, into.scales, i * groups, groups);
      if (layout.hasMinimums()) {
        for (int group = 0; group < groups; group++) {
          into.minimums[i * groups + group] = block.minimums[group] + less * block.scales[group];
        }
      }
      pack(block.numbers, less, into.packed, i * type.blockValues());
    }
  }

  private void pack(byte[] numbers, int less, byte[] packed, int to) {
    if (layout.bits() == 8) {
      for (int i = 0; i < type.blockValues(); i++) {
        packed[to + i] = (byte) (numbers[i] + 128);
      }
      return;
    }
    int zero = 8 - less;
    for (int i = 0; i < type.blockValues(); i += 2) {
      packed[(to + i) / 2] = (byte) ((numbers[i] + zero) | (numbers[i + 1] + zero) << 4);
    }
  }

  /// Low nibbles are numbers 0 to 15 of the block, high ones 16 to 31; eight of a kind are pushed
  /// together at once.
  private static void readQ4(MemorySegment blocks, Row into) {
    MemorySegment packed = MemorySegment.ofArray(into.packed);
    for (int block = 0; block < into.scales.length; block++) {
      long at = block * 18L;
      into.scales[block] = Float.float16ToFloat(blocks.get(HALF, at));
      long first = blocks.get(LONG, at + 2);
      long second = blocks.get(LONG, at + 10);
      long low =
          Long.compress(first, LOW_NIBBLES) | Long.compress(second, LOW_NIBBLES) << Integer.SIZE;
      long high =
          Long.compress(first, ~LOW_NIBBLES) | Long.compress(second, ~LOW_NIBBLES) << Integer.SIZE;
      packed.set(LONG, block * 16L, low);
      packed.set(LONG, block * 16L + 8, high);
    }
  }

  /// Signed bytes; 128 more is the upper bit turned.
  private static void readQ8(MemorySegment blocks, Row into) {
    MemorySegment packed = MemorySegment.ofArray(into.packed);
    for (int block = 0; block < into.scales.length; block++) {
      long at = block * 34L;
      into.scales[block] = Float.float16ToFloat(blocks.get(HALF, at));
      for (int i = 0; i < 32; i += 8) {
        packed.set(LONG, block * 32L + i, blocks.get(LONG, at + 2 + i) ^ 0x8080808080808080L);
      }
    }
  }
}
