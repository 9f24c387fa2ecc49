package llava4j.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.LongConsumer;
import llava4j.quant.BlockMatrix.Row;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ParallelChunks;

/// Writes a matrix as panels. [PanelBlocks] reads them.
final class PanelPacker {
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long EVEN = 0x0000FFFF0000FFFFL;
  private static final long LOW = 0xFFFFFFFFL;

  private PanelPacker() {}

  /// Whether a number is an F16, so that it can be kept in 16 bits.
  static boolean isHalf(float value) {
    return Float.float16ToFloat(Float.floatToFloat16(value)) == value;
  }

  /// Packs with all threads.
  ///
  /// @param target memory of `layout.bytes()`
  /// @return false if the layout has F16 scales and a scale is no F16; the target is incomplete
  ///   then
  /// @throws ArithmeticException if a scale is NaN or infinite
  static boolean pack(BlockMatrix matrix, PanelLayout layout, MemorySegment target) {
    boolean[] fits = {true};
    ParallelChunks.run(
        NativeRuntime.numThreads(),
        layout.numPanels(),
        () -> {
          Row[] rows = new Row[PanelShape.ROWS];
          Arrays.setAll(rows, _ -> new Row(matrix.layout(), matrix.columns()));
          LongConsumer packPanel =
              panel -> {
                if (fits[0] && !packPanel(matrix, layout, panel, rows, target)) {
                  fits[0] = false;
                }
              };
          return packPanel;
        });
    return fits[0];
  }

  private static boolean packPanel(
      BlockMatrix matrix, PanelLayout layout, long panel, Row[] rows, MemorySegment target) {
    long first = panel * PanelShape.ROWS;
    for (int i = 0; i < PanelShape.ROWS; i++) {
      if (first + i < layout.rows()) {
        matrix.read(first + i, rows[i]);
      } else {
        Arrays.fill(rows[i].packed, (byte) 0);
        Arrays.fill(rows[i].scales, 0);
      }
      if (!takes(layout, rows[i].scales)) {
        return false;
      }
    }
    MemorySegment written = target.asSlice(panel * layout.panelBytes(), layout.panelBytes());
    switch (layout.shape().lanes()) {
      case SHORTS -> {
        for (int row = 0; row < PanelShape.ROWS; row += 4) {
          packFour(layout, rows, row, written);
        }
      }
      case INTS -> {
        for (int row = 0; row < PanelShape.ROWS; row += 2) {
          packTwo(layout, rows[row].packed, rows[row + 1].packed, row, written);
        }
      }
    }
    for (int row = 0; row < PanelShape.ROWS; row++) {
      packScales(layout, rows[row].scales, row, written);
    }
    return true;
  }

  private static boolean takes(PanelLayout layout, float[] scales) {
    for (float scale : scales) {
      if (!Float.isFinite(scale)) {
        throw new ArithmeticException("NaN or infinity");
      }
      if (!layout.wideScales() && !isHalf(scale)) {
        return false;
      }
    }
    return true;
  }

  /// A group of two rows at a time.
  private static void packTwo(
      PanelLayout layout, byte[] rowA, byte[] rowB, int row, MemorySegment panel) {
    int groups = layout.groups();
    int groupBytes = layout.shape().groupBytes();
    int from = 0;
    for (int block = 0; block < layout.numBlocks(); block++) {
      long at = (long) block * layout.blockBytes() + (long) row * Integer.BYTES;
      for (int group = 0; group < groups; group++) {
        panel.set(
            LONG,
            at,
            ((int) INTS.get(rowA, from) & LOW) | ((long) (int) INTS.get(rowB, from) << 32));
        at += groupBytes;
        from += Integer.BYTES;
      }
    }
  }

  /// The way back of packing, for one row.
  static void unpack(PanelLayout layout, MemorySegment panel, int row, byte[] packed) {
    int groups = layout.groups();
    int groupBytes = layout.shape().groupBytes();
    int laneBytes = layout.shape().lanes().bytes();
    int to = 0;
    for (int block = 0; block < layout.numBlocks(); block++) {
      long at = (long) block * layout.blockBytes() + (long) row * laneBytes;
      for (int group = 0; group < groups; group++) {
        if (laneBytes == Integer.BYTES) {
          INTS.set(packed, to, panel.get(INT, at));
        } else {
          SHORTS.set(packed, to, panel.get(SHORT, at));
        }
        at += groupBytes;
        to += laneBytes;
      }
    }
  }

  /// Four groups of four rows at a time: 4 x 4 numbers of 16 bits change places.
  private static void packFour(PanelLayout layout, Row[] rows, int row, MemorySegment panel) {
    byte[] rowA = rows[row].packed;
    byte[] rowB = rows[row + 1].packed;
    byte[] rowC = rows[row + 2].packed;
    byte[] rowD = rows[row + 3].packed;
    int groups = layout.groups();
    for (int block = 0; block < layout.numBlocks(); block++) {
      long start = (long) block * layout.blockBytes() + (long) row * Short.BYTES;
      for (int group = 0; group < groups; group += 4) {
        int from = (block * groups + group) * Short.BYTES;
        long at = start + (long) group * Panel4Vector.GROUP_BYTES;
        long a = (long) LONGS.get(rowA, from);
        long b = (long) LONGS.get(rowB, from);
        long c = (long) LONGS.get(rowC, from);
        long d = (long) LONGS.get(rowD, from);
        long evenAb = (a & EVEN) | ((b & EVEN) << 16); // groups 0 and 2 of rows a and b
        long oddAb = ((a >>> 16) & EVEN) | (b & ~EVEN); // groups 1 and 3
        long evenCd = (c & EVEN) | ((d & EVEN) << 16);
        long oddCd = ((c >>> 16) & EVEN) | (d & ~EVEN);
        panel.set(LONG, at, (evenAb & LOW) | (evenCd << 32));
        panel.set(LONG, at + Panel4Vector.GROUP_BYTES, (oddAb & LOW) | (oddCd << 32));
        panel.set(LONG, at + 2 * Panel4Vector.GROUP_BYTES, (evenAb >>> 32) | (evenCd & ~LOW));
        panel.set(LONG, at + 3 * Panel4Vector.GROUP_BYTES, (oddAb >>> 32) | (oddCd & ~LOW));
      }
    }
  }

  /// The way back of packing, for four rows, which share lines of memory.
  static void unpackFour(PanelLayout layout, MemorySegment panel, int row, Row[] rows) {
    switch (layout.shape().lanes()) {
      case SHORTS -> unpackShorts(layout, panel, row, rows);
      case INTS -> unpackInts(layout, panel, row, rows);
    }
  }

  private static void unpackInts(PanelLayout layout, MemorySegment panel, int row, Row[] rows) {
    byte[] rowA = rows[0].packed;
    byte[] rowB = rows[1].packed;
    byte[] rowC = rows[2].packed;
    byte[] rowD = rows[3].packed;
    int groups = layout.groups();
    int groupBytes = layout.shape().groupBytes();
    int to = 0;
    for (int block = 0; block < layout.numBlocks(); block++) {
      long at = (long) block * layout.blockBytes() + (long) row * Integer.BYTES;
      for (int group = 0; group < groups; group++) {
        long ab = panel.get(LONG, at);
        long cd = panel.get(LONG, at + Long.BYTES);
        INTS.set(rowA, to, (int) ab);
        INTS.set(rowB, to, (int) (ab >>> 32));
        INTS.set(rowC, to, (int) cd);
        INTS.set(rowD, to, (int) (cd >>> 32));
        at += groupBytes;
        to += Integer.BYTES;
      }
    }
  }

  /// The way back of `packFour`: a 4 x 4 exchange is its own inverse.
  private static void unpackShorts(PanelLayout layout, MemorySegment panel, int row, Row[] rows) {
    byte[] rowA = rows[0].packed;
    byte[] rowB = rows[1].packed;
    byte[] rowC = rows[2].packed;
    byte[] rowD = rows[3].packed;
    int groups = layout.groups();
    for (int block = 0; block < layout.numBlocks(); block++) {
      long start = (long) block * layout.blockBytes() + (long) row * Short.BYTES;
      for (int group = 0; group < groups; group += 4) {
        int to = (block * groups + group) * Short.BYTES;
        long at = start + (long) group * Panel4Vector.GROUP_BYTES;
        long a = panel.get(LONG, at);
        long b = panel.get(LONG, at + Panel4Vector.GROUP_BYTES);
        long c = panel.get(LONG, at + 2 * Panel4Vector.GROUP_BYTES);
        long d = panel.get(LONG, at + 3 * Panel4Vector.GROUP_BYTES);
        long evenAb = (a & EVEN) | ((b & EVEN) << 16); // rows 0 and 2 of groups a and b
        long oddAb = ((a >>> 16) & EVEN) | (b & ~EVEN); // rows 1 and 3
        long evenCd = (c & EVEN) | ((d & EVEN) << 16);
        long oddCd = ((c >>> 16) & EVEN) | (d & ~EVEN);
        LONGS.set(rowA, to, (evenAb & LOW) | (evenCd << 32));
        LONGS.set(rowB, to, (oddAb & LOW) | (oddCd << 32));
        LONGS.set(rowC, to, (evenAb >>> 32) | (evenCd & ~LOW));
        LONGS.set(rowD, to, (oddAb >>> 32) | (oddCd & ~LOW));
      }
    }
  }

  private static void packScales(PanelLayout layout, float[] scales, int row, MemorySegment panel) {
    for (int block = 0; block < scales.length; block++) {
      long at = (long) block * layout.blockBytes() + layout.shape().scaleAt(row);
      if (layout.wideScales()) {
        panel.set(FLOAT, at, scales[block]);
      } else {
        panel.set(SHORT, at, Float.floatToFloat16(scales[block]));
      }
    }
  }
}
