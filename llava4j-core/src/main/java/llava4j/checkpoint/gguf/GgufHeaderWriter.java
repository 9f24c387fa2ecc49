package llava4j.checkpoint.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/// Writes the bytes of a header: counts, metadata, tensor infos. The inverse of [GgufHeaderReader].
final class GgufHeaderWriter {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  GgufHeaderWriter(int numTensors, int numPairs) {
    bytes.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    put(3, 4);
    put(numTensors, 8);
    put(numPairs, 8);
  }

  void pair(Map.Entry<String, GgufValue> pair) {
    put(pair.getKey());
    put(pair.getValue().type().id(), 4);
    put(pair.getValue());
  }

  /// @param shape rows first
  /// @param offset from the start of the data
  void tensor(String name, GgmlType type, List<Long> shape, long offset) {
    put(name);
    put(shape.size(), 4);
    shape.reversed().forEach(dim -> put(dim, 8));
    put(type.id(), 4);
    put(offset, 8);
  }

  /// The header, padded with zeros to a multiple of `alignment`.
  byte[] toBytes(int alignment) {
    while (bytes.size() % alignment != 0) {
      bytes.write(0);
    }
    return bytes.toByteArray();
  }

  private void put(GgufValue value) {
    switch (value) {
      case GgufValue.Whole(GgufValueType type, long whole) -> put(whole, type.minBytes());
      case GgufValue.Real(GgufValueType type, double real) -> put(type, real);
      case GgufValue.Flag(boolean flag) -> put(flag ? 1 : 0, 1);
      case GgufValue.Text(String text) -> put(text);
      case GgufValue.Wholes(GgufValueType type, List<Long> all) -> {
        putArray(type, all.size());
        all.forEach(whole -> put(whole, type.minBytes()));
      }
      case GgufValue.Reals(GgufValueType type, List<Double> all) -> {
        putArray(type, all.size());
        all.forEach(real -> put(type, real));
      }
      case GgufValue.Flags(List<Boolean> all) -> {
        putArray(GgufValueType.BOOL, all.size());
        all.forEach(flag -> put(flag ? 1 : 0, 1));
      }
      case GgufValue.Texts(List<String> all) -> {
        putArray(GgufValueType.STRING, all.size());
        all.forEach(this::put);
      }
      case GgufValue.Arrays(List<GgufValue> all) -> {
        putArray(GgufValueType.ARRAY, all.size());
        all.forEach(this::put);
      }
    }
  }

  private void putArray(GgufValueType type, int size) {
    put(type.id(), 4);
    put(size, 8);
  }

  private void put(GgufValueType type, double real) {
    if (type == GgufValueType.FLOAT32) {
      put(Float.floatToRawIntBits((float) real), 4);
    } else {
      put(Double.doubleToRawLongBits(real), 8);
    }
  }

  private void put(String text) {
    byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
    put(encoded.length, 8);
    bytes.writeBytes(encoded);
  }

  private void put(long value, int numBytes) {
    byte[] all = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    bytes.write(all, 0, numBytes);
  }
}
