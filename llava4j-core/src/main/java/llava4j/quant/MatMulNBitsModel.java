package llava4j.quant;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntFunction;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.BlockMatrix.Row;

/// Writes an ONNX model with one node, `com.microsoft.MatMulNBits`: y = x Wᵀ for some rows of a
/// quantised matrix. It is written field by field, so that the values are written directly to their
/// final position.
///
/// Field numbers are those of `onnx.proto3`.
final class MatMulNBitsModel {
  static final String INPUT = "x";
  static final String OUTPUT = "y";

  private static final int FLOAT = 1;
  private static final int UINT8 = 2;
  private static final int ATTRIBUTE_INT = 2;

  /// Activations are rounded to 8 bits with one scale per block.
  private static final int ACCURACY_INT8 = 4;

  private static final ValueLayout.OfFloat LE_FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private MatMulNBitsModel() {}

  /// The model's bytes for rows `first` to `first + count` of `matrix`.
  ///
  /// @param memory returns a direct buffer of at least the given size, to be written from its
  ///   beginning
  /// @throws ArithmeticException if a scale is NaN or infinite
  static ByteBuffer write(
      BlockMatrix matrix, long first, long count, IntFunction<ByteBuffer> memory) {
    Layout layout = matrix.layout();
    long columns = matrix.columns();
    int numBlocks = layout.numBlocks(columns);
    long packedBytes = count * layout.packedBytes(columns);
    long scaleBytes = count * numBlocks * Float.BYTES;
    byte[] packedHead =
        tensorHead(
            "b", UINT8, packedBytes, count, numBlocks, layout.packedBytes(layout.blockValues()));
    byte[] scaleHead = tensorHead("s", FLOAT, scaleBytes, count * numBlocks);
    Message graphRest = new Message();
    graphRest.bytes(1, node(layout, count, columns));
    graphRest.text(2, "g");
    graphRest.bytes(11, valueInfo(INPUT, columns));
    graphRest.bytes(12, valueInfo(OUTPUT, count));
    long graphBytes =
        fieldBytes(packedHead.length + packedBytes)
            + fieldBytes(scaleHead.length + scaleBytes)
            + graphRest.size();
    Message modelRest = new Message();
    modelRest.number(1, 8); // ir_version
    modelRest.bytes(8, operatorSet("", 17));
    modelRest.bytes(8, operatorSet("com.microsoft", 1));
    ByteBuffer file =
        memory.apply(Math.toIntExact(modelRest.size() + fieldBytes(graphBytes))).clear();
    file.put(modelRest.toBytes());
    file.put(key(7, graphBytes));
    file.put(graphRest.toBytes());
    file.put(key(5, packedHead.length + packedBytes)).put(packedHead);
    long packedAt = file.position();
    file.position(Math.toIntExact(packedAt + packedBytes));
    file.put(key(5, scaleHead.length + scaleBytes)).put(scaleHead);
    long scalesAt = file.position();
    fill(
        matrix, first, count, MemorySegment.ofBuffer(file.duplicate().clear()), packedAt, scalesAt);
    return file.position(Math.toIntExact(scalesAt + scaleBytes)).flip();
  }

  private static void fill(
      BlockMatrix matrix,
      long first,
      long count,
      MemorySegment file,
      long packedAt,
      long scalesAt) {
    Row row = new Row(matrix.layout(), matrix.columns());
    for (long i = 0; i < count; i++) {
      matrix.read(first + i, row);
      requireFinite(row.scales);
      requireFinite(row.minimums);
      MemorySegment.copy(
          row.packed,
          0,
          file,
          ValueLayout.JAVA_BYTE,
          packedAt + i * row.packed.length,
          row.packed.length);
      MemorySegment.copy(
          row.scales,
          0,
          file,
          LE_FLOAT,
          scalesAt + i * row.scales.length * Float.BYTES,
          row.scales.length);
    }
  }

  private static void requireFinite(float[] values) {
    float zero = 0;
    for (float value : values) {
      zero += value * 0;
    }
    if (zero != 0) { // NaN too
      throw new ArithmeticException("NaN or infinity");
    }
  }

  private static byte[] node(Layout layout, long outputs, long columns) {
    Message node = new Message();
    node.text(1, INPUT);
    node.text(1, "b");
    node.text(1, "s");
    node.text(2, OUTPUT);
    node.text(4, "MatMulNBits");
    node.text(7, "com.microsoft");
    node.bytes(5, attribute("K", columns));
    node.bytes(5, attribute("N", outputs));
    node.bytes(5, attribute("bits", layout.bits()));
    node.bytes(5, attribute("block_size", layout.blockValues()));
    node.bytes(5, attribute("accuracy_level", ACCURACY_INT8));
    return node.toBytes();
  }

  private static byte[] attribute(String name, long value) {
    Message attribute = new Message();
    attribute.text(1, name);
    attribute.number(3, value);
    attribute.number(20, ATTRIBUTE_INT);
    return attribute.toBytes();
  }

  /// [rows, lastDim] of fp32, any number of rows.
  private static byte[] valueInfo(String name, long lastDim) {
    Message rows = new Message();
    rows.text(2, "rows");
    Message last = new Message();
    last.number(1, lastDim);
    Message shape = new Message();
    shape.bytes(1, rows.toBytes());
    shape.bytes(1, last.toBytes());
    Message tensor = new Message();
    tensor.number(1, FLOAT);
    tensor.bytes(2, shape.toBytes());
    Message type = new Message();
    type.bytes(1, tensor.toBytes());
    Message info = new Message();
    info.text(1, name);
    info.bytes(2, type.toBytes());
    return info.toBytes();
  }

  private static byte[] operatorSet(String domain, long version) {
    Message set = new Message();
    set.text(1, domain);
    set.number(2, version);
    return set.toBytes();
  }

  /// All of a tensor except its `rawBytes`, which follow.
  private static byte[] tensorHead(String name, int type, long rawBytes, long... shape) {
    Message tensor = new Message();
    for (long dim : shape) {
      tensor.number(1, dim);
    }
    tensor.number(2, type);
    tensor.text(8, name);
    tensor.key(9, rawBytes);
    return tensor.toBytes();
  }

  private static long fieldBytes(long length) {
    return key(1, length).length + length;
  }

  private static byte[] key(int field, long length) {
    Message key = new Message();
    key.key(field, length);
    return key.toBytes();
  }

  /// One Protocol Buffers message.
  private static final class Message {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    void number(int field, long value) {
      write(out -> out.writeInt64(field, value));
    }

    void bytes(int field, byte[] value) {
      write(out -> out.writeByteArray(field, value));
    }

    void text(int field, String value) {
      write(out -> out.writeString(field, value));
    }

    /// The header of a field of `length` bytes.
    void key(int field, long length) {
      write(out -> {
        out.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
        out.writeUInt64NoTag(length);
      });
    }

    int size() {
      return bytes.size();
    }

    byte[] toBytes() {
      return bytes.toByteArray();
    }

    private void write(Field field) {
      try {
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        field.writeTo(out);
        out.flush();
      } catch (IOException e) {
        throw new UncheckedIOException(e); // memory has no such errors
      }
    }

    private interface Field {
      void writeTo(CodedOutputStream out) throws IOException;
    }
  }
}
