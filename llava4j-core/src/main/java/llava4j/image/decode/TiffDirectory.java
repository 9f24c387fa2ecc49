package llava4j.image.decode;

import java.nio.ByteBuffer;

/// The first directory of a TIFF file (version 42) or BigTIFF file (version 43): a list of tags,
/// each with a type, a count, and its value or the offset of the value.
///
/// @param file the whole file, in its own byte order
/// @param big whether it is BigTIFF
/// @param start of the first entry
/// @param entries number of entries; all of them are inside the file
record TiffDirectory(ByteBuffer file, boolean big, int start, int entries) {

  private static final int[] TYPE_BYTES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};

  /// Finds the directory.
  ///
  /// @throws MalformedImageException if there is none
  static TiffDirectory parse(byte[] bytes) throws MalformedImageException {
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ExifOrientation.order(bytes));
    boolean marked = (bytes[0] == 'I' || bytes[0] == 'M') && bytes[1] == bytes[0];
    int version = marked ? file.getShort(2) : 0;
    if (version != 42 && version != 43) {
      throw new MalformedImageException("it has no TIFF header");
    }
    boolean big = version == 43;
    require(bytes.length >= (big ? 16 : 8));
    long at = big ? file.getLong(8) : Integer.toUnsignedLong(file.getInt(4));
    int countBytes = big ? 8 : 2;
    require(at >= 8 && at <= bytes.length - countBytes);
    long count = big ? file.getLong((int) at) : file.getShort((int) at) & 0xFFFF;
    int entryBytes = big ? 20 : 12;
    long start = at + countBytes;
    require(count >= 0 && count <= 65535 && start + count * entryBytes <= bytes.length);
    return new TiffDirectory(file, big, (int) start, (int) count);
  }

  private static void require(boolean holds) throws MalformedImageException {
    if (!holds) {
      throw new MalformedImageException("its directory lies outside of the file");
    }
  }

  /// Bytes of an entry.
  int entryBytes() {
    return big ? 20 : 12;
  }

  /// Offset of an entry.
  int position(int entry) {
    return start + entry * entryBytes();
  }

  int tag(int entry) {
    return file.getShort(position(entry)) & 0xFFFF;
  }

  int type(int entry) {
    return file.getShort(position(entry) + 2) & 0xFFFF;
  }

  /// Number of values, not checked.
  long count(int entry) {
    int at = position(entry) + 4;
    return big ? file.getLong(at) : Integer.toUnsignedLong(file.getInt(at));
  }

  /// Bytes of one value, 0 for an unknown type.
  int typeBytes(int entry) {
    int type = type(entry);
    return type < TYPE_BYTES.length ? TYPE_BYTES[type] : 0;
  }

  /// The value itself if it fits into the entry, or else its offset.
  ByteBuffer inlineValue(int entry) {
    int at = position(entry) + (big ? 12 : 8);
    return file.slice(at, big ? 8 : 4).order(file.order());
  }

  /// The values of an entry, which must be inside the file.
  ///
  /// @param most largest allowed number of values
  /// @throws MalformedImageException if there are more, or if they are outside of the file
  ByteBuffer values(int entry, long most) throws MalformedImageException {
    long count = count(entry);
    if (count < 0 || count > most) {
      throw new MalformedImageException(
          "its tag " + tag(entry) + " claims " + Long.toUnsignedString(count) + " values");
    }
    long bytes = count * typeBytes(entry);
    if (bytes <= (big ? 8 : 4)) {
      return inlineValue(entry).slice(0, (int) bytes).order(file.order());
    }
    ByteBuffer offset = inlineValue(entry);
    long at = big ? offset.getLong() : Integer.toUnsignedLong(offset.getInt());
    if (at < 0 || at > file.capacity() - bytes) {
      throw new MalformedImageException("its tag " + tag(entry) + " lies outside of the file");
    }
    return file.slice((int) at, (int) bytes).order(file.order());
  }

  /// A whole number of an entry.
  ///
  /// @param values as [#values] gives them
  /// @param index from 0
  /// @throws MalformedImageException if the entry's type is not an integer type
  long number(int entry, ByteBuffer values, int index) throws MalformedImageException {
    return switch (type(entry)) {
      case 1 -> values.get(index) & 0xFF;
      case 3 -> values.getShort(2 * index) & 0xFFFF;
      case 4, 13 -> Integer.toUnsignedLong(values.getInt(4 * index));
      case 16, 18 -> values.getLong(8 * index);
      default ->
          throw new MalformedImageException("its tag " + tag(entry) + " has no integer values");
    };
  }
}
