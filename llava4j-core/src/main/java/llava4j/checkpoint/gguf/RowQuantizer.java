package llava4j.checkpoint.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import llava4j.quant.BlockMatrix;
import llava4j.tensor.DType;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// Quantises a matrix of floats row by row while it is read. The values are the same as in a GGUF
/// file of type Q4_0 or Q8_0.
public final class RowQuantizer implements BlockMatrix {
  private static final int BLOCK = 32;

  private final MemorySegment values;
  private final GgmlType type;
  private final Layout layout;
  private final long rows;
  private final long columns;

  private RowQuantizer(MemorySegment values, GgmlType type, long rows, long columns) {
    this.values = values;
    this.type = type;
    this.layout = GgufBlocks.layout(type).orElseThrow();
    this.rows = rows;
    this.columns = columns;
  }

  /// The layout of a matrix quantised to this number of bits.
  ///
  /// @param bits 4 or 8
  public static Layout layout(int bits) {
    return GgufBlocks.layout(type(bits)).orElseThrow();
  }

  /// Whether rows of this length can be quantised.
  public static boolean divides(long columns) {
    return columns % BLOCK == 0;
  }

  /// @param matrix fp32 on the host, contiguous, [rows, columns]; must live as long as this
  /// @param bits 4 or 8
  @SuppressWarnings("restricted") // address and size belong to a live tensor
  public static BlockMatrix of(Tensor matrix, int bits) {
    if (Tensors.type(matrix) != DType.F32 || !matrix.is_contiguous()) {
      throw new IllegalArgumentException("a contiguous matrix of F32 is needed");
    }
    MemorySegment values =
        MemorySegment.ofAddress(matrix.data_ptr().address()).reinterpret(matrix.nbytes());
    return new RowQuantizer(values, type(bits), matrix.size(0), matrix.size(1));
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

  /// @throws ArithmeticException if a row contains NaN, infinity or values beyond the range of F16
  ///   scales
  @Override
  public void read(long row, Row into) {
    float[] floats =
        values
            .asSlice(row * columns * Float.BYTES, columns * Float.BYTES)
            .toArray(ValueLayout.JAVA_FLOAT);
    ByteBuffer blocks =
        ByteBuffer.allocate(Math.toIntExact(type.bytesOf(columns))).order(ByteOrder.LITTLE_ENDIAN);
    BlockEncoder.encode(type, floats, blocks);
    GgufBlocks.of(type, MemorySegment.ofArray(blocks.array()), 1, columns)
        .orElseThrow()
        .read(0, into);
  }

  private static GgmlType type(int bits) {
    return switch (bits) {
      case 4 -> GgmlType.Q4_0;
      case 8 -> GgmlType.Q8_0;
      default -> throw new IllegalArgumentException(bits + " bits");
    };
  }
}
