package llava4j.checkpoint.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Supplier;
import llava4j.checkpoint.weights.MappedFile;
import llava4j.error.BadInputException;

/// Reads and checks one header. Before memory is allocated, every count is checked against the
/// remaining bytes, and against a fixed limit if its elements need more memory than bytes in the
/// file.
final class GgufHeaderReader {
  private static final int MAGIC = 0x46554747; // "GGUF", little-endian
  private static final long DEFAULT_ALIGNMENT = 32;
  private static final long MAX_ALIGNMENT = 1 << 20;
  private static final long MAX_PAIRS = 100_000;
  private static final long MAX_TENSORS = 1_000_000;
  private static final long MAX_ELEMENTS = 8_000_000; // of all arrays; vocabularies have 3 x 256 k
  private static final long MAX_NAME_BYTES = 65_535; // what the format allows for keys
  private static final long MAX_STRING_BYTES = 64 << 20;
  private static final int MAX_ARRAY_DEPTH = 4;
  private static final int MAX_DIMS = 4;

  private static final ValueLayout.OfShort INT16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong INT64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble FLOAT64 =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MappedFile file;
  private final MemorySegment segment;
  private long position;
  private long numElements;
  private String place = "the header";

  GgufHeaderReader(MappedFile file) {
    this.file = file;
    this.segment = file.segment();
  }

  GgufFile read() {
    int version = readVersion();
    long numTensors = readInt64();
    long numPairs = readInt64();
    requireCount("tensors", numTensors, 24, MAX_TENSORS);
    requireCount("metadata keys", numPairs, 13, MAX_PAIRS);
    SequencedMap<String, GgufValue> pairs = new LinkedHashMap<>();
    for (long i = 0; i < numPairs; i++) {
      place = "metadata key " + (i + 1) + " of " + numPairs;
      String key = readString(MAX_NAME_BYTES);
      place = "metadata key " + key;
      GgufValue value = readValue(readType(), 0);
      if (pairs.put(key, value) != null) {
        throw broken("it has the metadata key " + key + " twice");
      }
    }
    GgufMetadata metadata = new GgufMetadata(file.path(), pairs);
    return new GgufFile(file, version, metadata, readTensors(numTensors, alignment(metadata)));
  }

  private int readVersion() {
    if (file.size() < 24) {
      throw broken("it has " + file.size() + " bytes, fewer than the 24 of a GGUF header");
    }
    if (readInt32() != MAGIC) {
      throw new BadInputException(
          file.path() + " is not a GGUF file: it does not begin with the letters GGUF");
    }
    int version = readInt32();
    if (version == 1) {
      throw new BadInputException(
          file.path() + " has GGUF version 1 of 2023, which is not supported; convert it again");
    }
    if (version == Integer.reverseBytes(2) || version == Integer.reverseBytes(3)) {
      throw new BadInputException(
          file.path() + " is a big-endian GGUF file, which is not supported; convert it again");
    }
    if (version != 2 && version != 3) {
      throw new BadInputException(
          file.path()
              + " has GGUF version "
              + Integer.toUnsignedString(version)
              + ", but only 2 and 3 are supported");
    }
    return version;
  }

  private long alignment(GgufMetadata metadata) {
    long alignment = metadata.findWhole("general.alignment").orElse(DEFAULT_ALIGNMENT);
    if (alignment < 1 || alignment > MAX_ALIGNMENT || Long.bitCount(alignment) != 1) {
      throw broken("general.alignment is " + alignment + ", which is not a power of two");
    }
    return alignment;
  }

  private GgufValueType readType() {
    int id = readInt32();
    return GgufValueType.ofId(id)
        .orElseThrow(() -> broken(place + " has the unknown value type " + id));
  }

  private GgufValue readValue(GgufValueType type, int depth) {
    return switch (type) {
      case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 ->
          new GgufValue.Whole(type, readWhole(type));
      case FLOAT32, FLOAT64 -> new GgufValue.Real(type, readReal(type));
      case BOOL -> new GgufValue.Flag(readFlag());
      case STRING -> new GgufValue.Text(readString(MAX_STRING_BYTES));
      case ARRAY -> readArray(depth + 1);
    };
  }

  private GgufValue readArray(int depth) {
    if (depth > MAX_ARRAY_DEPTH) {
      throw broken(place + " has arrays nested deeper than " + MAX_ARRAY_DEPTH);
    }
    GgufValueType type = readType();
    long count = readInt64();
    requireCount("array elements", count, type.minBytes(), MAX_ELEMENTS - numElements);
    numElements += count;
    return switch (type) {
      case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 ->
          new GgufValue.Wholes(type, list(count, () -> readWhole(type)));
      case FLOAT32, FLOAT64 -> new GgufValue.Reals(type, list(count, () -> readReal(type)));
      case BOOL -> new GgufValue.Flags(list(count, this::readFlag));
      case STRING -> new GgufValue.Texts(list(count, () -> readString(MAX_STRING_BYTES)));
      case ARRAY -> new GgufValue.Arrays(list(count, () -> readArray(depth + 1)));
    };
  }

  private static <T> List<T> list(long count, Supplier<T> next) {
    List<T> values = new ArrayList<>(Math.toIntExact(count));
    for (long i = 0; i < count; i++) {
      values.add(next.get());
    }
    return values;
  }

  private long readWhole(GgufValueType type) {
    return switch (type) {
      case UINT8 -> segment.get(ValueLayout.JAVA_BYTE, advance(1)) & 0xFFL;
      case INT8 -> segment.get(ValueLayout.JAVA_BYTE, advance(1));
      case UINT16 -> segment.get(INT16, advance(2)) & 0xFFFFL;
      case INT16 -> segment.get(INT16, advance(2));
      case UINT32 -> readInt32() & 0xFFFF_FFFFL;
      case INT32 -> readInt32();
      case UINT64, INT64 -> readInt64();
      case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> throw new IllegalStateException(type.name());
    };
  }

  private double readReal(GgufValueType type) {
    return type == GgufValueType.FLOAT32
        ? segment.get(FLOAT32, advance(4))
        : segment.get(FLOAT64, advance(8));
  }

  private boolean readFlag() {
    byte value = segment.get(ValueLayout.JAVA_BYTE, advance(1));
    if (value != 0 && value != 1) {
      throw broken(place + " is a BOOL of value " + value);
    }
    return value == 1;
  }

  private String readString(long maxBytes) {
    long length = readInt64();
    if (length < 0 || length > maxBytes || length > file.size() - position) {
      throw broken(
          place
              + " claims a string of "
              + Long.toUnsignedString(length)
              + " bytes, but at most "
              + Math.min(maxBytes, file.size() - position)
              + " are possible");
    }
    long start = advance(length);
    return new String(
        segment.asSlice(start, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }

  private SequencedMap<String, GgufTensor> readTensors(long numTensors, long alignment) {
    List<GgufTensor> infos = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (long i = 0; i < numTensors; i++) {
      place = "tensor " + (i + 1) + " of " + numTensors;
      String name = readString(MAX_NAME_BYTES);
      if (!names.add(name)) {
        throw broken("it has the tensor " + name + " twice");
      }
      place = "tensor " + name;
      infos.add(readTensor(name));
    }
    long dataStart = Math.ceilDiv(position, alignment) * alignment;
    SequencedMap<String, GgufTensor> tensors = new LinkedHashMap<>();
    for (GgufTensor info : infos) {
      tensors.put(info.name(), placed(info, dataStart, alignment));
    }
    requireNoOverlap(tensors);
    return tensors;
  }

  /// A tensor whose offset still counts from the start of the data.
  private GgufTensor readTensor(String name) {
    int numDims = readInt32();
    if (numDims < 1 || numDims > MAX_DIMS) {
      throw broken(
          place
              + " has "
              + Integer.toUnsignedString(numDims)
              + " dimensions, not 1 to "
              + MAX_DIMS);
    }
    List<Long> shape = new ArrayList<>();
    for (int i = 0; i < numDims; i++) {
      shape.add(readInt64());
    }
    long rowLength = shape.get(0);
    Collections.reverse(shape);
    int typeId = readInt32();
    GgmlType type =
        GgmlType.ofId(typeId)
            .orElseThrow(() ->
                new BadInputException(
                    file.path()
                        + ": "
                        + place
                        + " has the unknown type number "
                        + Integer.toUnsignedString(typeId)
                        + "; supported are "
                        + GgmlType.readableNames()));
    long numValues = 1;
    for (long dim : shape) {
      if (dim < 1 || dim > Long.MAX_VALUE / numValues) {
        throw broken(place + " claims the impossible shape " + shape);
      }
      numValues *= dim;
    }
    if (rowLength % type.blockValues() != 0) {
      throw broken(
          place
              + " of type "
              + type
              + " has rows of "
              + rowLength
              + " values, not a multiple of "
              + type.blockValues());
    }
    try {
      return new GgufTensor(name, type, shape, readInt64(), type.bytesOf(numValues));
    } catch (ArithmeticException e) {
      throw broken(place + " claims the impossible shape " + shape);
    }
  }

  private GgufTensor placed(GgufTensor info, long dataStart, long alignment) {
    long available = file.size() - dataStart;
    if (info.offset() < 0
        || info.offset() % alignment != 0
        || info.offset() > available
        || info.bytes() > available - info.offset()) {
      throw broken(
          "tensor "
              + info.name()
              + " of type "
              + info.type()
              + " and shape "
              + info.shape()
              + " claims "
              + info.bytes()
              + " bytes at "
              + Long.toUnsignedString(info.offset())
              + ", but the file has "
              + Math.max(0, available)
              + " bytes of data at multiples of "
              + alignment);
    }
    return new GgufTensor(
        info.name(), info.type(), info.shape(), dataStart + info.offset(), info.bytes());
  }

  private void requireNoOverlap(SequencedMap<String, GgufTensor> tensors) {
    List<GgufTensor> inOrder = new ArrayList<>(tensors.values());
    inOrder.sort((a, b) -> Long.compare(a.offset(), b.offset()));
    for (int i = 1; i < inOrder.size(); i++) {
      GgufTensor before = inOrder.get(i - 1);
      GgufTensor after = inOrder.get(i);
      if (after.offset() < before.offset() + before.bytes()) {
        throw broken("tensors " + before.name() + " and " + after.name() + " overlap");
      }
    }
  }

  private void requireCount(String what, long count, long minBytes, long limit) {
    long possible = Math.min(limit, (file.size() - position) / minBytes);
    if (count < 0 || count > possible) {
      throw broken(
          place
              + " claims "
              + Long.toUnsignedString(count)
              + " "
              + what
              + ", but at most "
              + possible
              + " are possible");
    }
  }

  private int readInt32() {
    return segment.get(INT32, advance(4));
  }

  private long readInt64() {
    return segment.get(INT64, advance(8));
  }

  /// The position of the next `bytes` bytes; moves past them.
  private long advance(long bytes) {
    if (bytes > file.size() - position) {
      throw broken("it ends at byte " + file.size() + ", in the middle of " + place);
    }
    long start = position;
    position += bytes;
    return start;
  }

  private BadInputException broken(String what) {
    return new BadInputException(
        file.path() + " is not a valid GGUF file: " + what + "; download or convert it again");
  }
}
