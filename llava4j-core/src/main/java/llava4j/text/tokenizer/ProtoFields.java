package llava4j.text.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Reads and writes the wire format of Protocol Buffers.
///
/// The format has four rules. A library would need a compiled schema, and would be one more
/// component that reads untrusted files.
final class ProtoFields {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int LENGTH = 2;
  static final int FIXED32 = 5;

  private ProtoFields() {}

  /// Receives one field; its value is from `start` (inclusive) to `end` (exclusive).
  interface Visitor {
    void onField(int field, int wireType, int start, int end);
  }

  /// The bytes do not have the format; the caller adds the name of the file.
  static final class BrokenFormat extends RuntimeException {
    BrokenFormat(String message) {
      super(message);
    }
  }

  /// Visits the fields of one message, in order.
  static void forEach(byte[] bytes, int start, int end, Visitor visitor) {
    int at = start;
    while (at < end) {
      long[] tag = varint(bytes, at, end);
      at = (int) tag[1];
      long field = tag[0] >>> 3;
      int wire = (int) (tag[0] & 7);
      if (field == 0 || field >= 1L << 29) {
        throw new BrokenFormat("a field before byte " + at + " has the number " + field);
      }
      long length =
          switch (wire) {
            case VARINT -> varint(bytes, at, end)[1] - at;
            case FIXED64 -> 8;
            case FIXED32 -> 4;
            case LENGTH -> {
              long[] value = varint(bytes, at, end);
              at = (int) value[1];
              yield value[0];
            }
            default ->
                throw new BrokenFormat("a field before byte " + at + " has the wire type " + wire);
          };
      if (length < 0 || length > end - at) {
        throw new BrokenFormat(
            "a field at byte " + at + " claims " + length + " bytes of " + (end - at));
      }
      visitor.onField((int) field, wire, at, at + (int) length);
      at += (int) length;
    }
  }

  /// The varint that starts at `start`.
  static long number(byte[] bytes, int start, int end) {
    return varint(bytes, start, end)[0];
  }

  /// The float in the four bytes from `start` on.
  static float real(byte[] bytes, int start) {
    return ByteBuffer.wrap(bytes, start, 4).order(ByteOrder.LITTLE_ENDIAN).getFloat();
  }

  static void writeNumber(ByteArrayOutputStream out, int field, long value) {
    writeTag(out, field, VARINT);
    writeVarint(out, value);
  }

  static void writeReal(ByteArrayOutputStream out, int field, float value) {
    writeTag(out, field, FIXED32);
    out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
  }

  static void writeBytes(ByteArrayOutputStream out, int field, byte[] value) {
    writeTag(out, field, LENGTH);
    writeVarint(out, value.length);
    out.writeBytes(value);
  }

  /// @return the value and the offset after it
  private static long[] varint(byte[] bytes, int start, int end) {
    long value = 0;
    for (int i = 0; i < 10 && start + i < end; i++) {
      value |= (long) (bytes[start + i] & 0x7F) << (7 * i);
      if (bytes[start + i] >= 0) {
        return new long[] {value, start + i + 1};
      }
    }
    throw new BrokenFormat("an unfinished number at byte " + start);
  }

  private static void writeTag(ByteArrayOutputStream out, int field, int wire) {
    writeVarint(out, ((long) field << 3) | wire);
  }

  private static void writeVarint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while (rest >>> 7 != 0) {
      out.write((int) ((rest & 0x7F) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
