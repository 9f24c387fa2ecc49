package llava4j.checkpoint.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import llava4j.checkpoint.MappedFile;
import llava4j.checkpoint.TensorInfo;
import llava4j.checkpoint.WeightSource;
import llava4j.error.BadInputException;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// One GGUF file, version 2 or 3, little-endian. Tensors have the file's names and PyTorch's order
/// of dimensions; 16- and 32-bit ones are views of the file, quantised ones become fp32 when they
/// are loaded.
public final class GgufFile implements WeightSource {
  private static final int MAGIC = 0x46554747; // "GGUF"
  private static final int MAX_DIMENSIONS = 4;

  private final MappedFile file;
  private final GgufMetadata metadata;
  private final SequencedMap<String, TensorInfo> tensors;
  private final Map<String, Place> places;

  private record Place(GgmlType type, long offset, long bytes) {}

  private GgufFile(
      MappedFile file,
      GgufMetadata metadata,
      SequencedMap<String, TensorInfo> tensors,
      Map<String, Place> places) {
    this.file = file;
    this.metadata = metadata;
    this.tensors = tensors;
    this.places = places;
  }

  /// Maps the file and checks its header.
  public static GgufFile open(Path path) {
    MappedFile file = new MappedFile(path);
    try {
      return new HeaderReader(file).read();
    } catch (IndexOutOfBoundsException e) {
      file.close();
      throw new BadInputException(
          path
              + " is not a sound GGUF file: its header reaches beyond its "
              + file.size()
              + " bytes; fetch it again",
          e);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  public Path path() {
    return file.path();
  }

  public GgufMetadata metadata() {
    return metadata;
  }

  @Override
  public SequencedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSequencedMap(tensors);
  }

  /// The bytes of a tensor as they are stored.
  MemorySegment stored(String name) {
    Place place = places.get(name);
    return file.segment().asSlice(place.offset(), place.bytes());
  }

  @Override
  public Tensor load(String name) {
    TensorInfo info = tensors.get(name);
    if (info == null) {
      throw new IllegalArgumentException(file.path() + " holds no tensor " + name);
    }
    long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
    Place place = places.get(name);
    if (!place.type().isQuantised()) {
      return file.tensor(place.offset(), info.dtype(), shape);
    }
    try (Scope scope = new Scope()) {
      Tensor values = torch.empty(shape, Tensors.options(DType.F32), new MemoryFormatOptional());
      Dequantizer.dequantize(place.type(), stored(name), memory(values));
      file.unload(place.offset(), place.bytes());
      return scope.keep(values);
    }
  }

  @Override
  public void close() {
    file.close();
  }

  @SuppressWarnings("restricted") // the tensor was allocated here and is this large
  private static MemorySegment memory(Tensor tensor) {
    return MemorySegment.ofAddress(tensor.data_ptr().address()).reinterpret(tensor.nbytes());
  }

  /// Reads and checks one header. Every count is held against the bytes that are left before
  /// anything is allocated.
  private static final class HeaderReader {
    private static final ValueLayout.OfShort SHORT =
        ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
        ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
        ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MappedFile file;
    private final MemorySegment bytes;
    private long at;

    HeaderReader(MappedFile file) {
      this.file = file;
      this.bytes = file.segment();
    }

    GgufFile read() {
      if (file.size() < 24 || readInt() != MAGIC) {
        throw broken("it does not begin with 'GGUF'");
      }
      int version = readInt();
      if (version != 2 && version != 3) {
        throw broken(
            "its version is "
                + Integer.toUnsignedString(version)
                + ", and only little-endian versions 2 and 3 are supported");
      }
      long numTensors = readCount(24, "tensors");
      long numKeys = readCount(13, "keys");
      SequencedMap<String, Object> values = new LinkedHashMap<>();
      for (long i = 0; i < numKeys; i++) {
        String key = readString();
        values.put(key, readValue(readInt(), key, 0));
      }
      GgufMetadata metadata = new GgufMetadata(file.path(), values);
      SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();
      Map<String, Place> places = new HashMap<>();
      for (long i = 0; i < numTensors; i++) {
        readTensor(tensors, places);
      }
      place(metadata, tensors, places);
      return new GgufFile(file, metadata, tensors, places);
    }

    private void readTensor(SequencedMap<String, TensorInfo> tensors, Map<String, Place> places) {
      String name = readString();
      int numDims = readInt();
      if (numDims < 0 || numDims > MAX_DIMENSIONS) {
        throw broken(
            "tensor " + name + " has " + Integer.toUnsignedString(numDims) + " dimensions");
      }
      List<Long> shape = new ArrayList<>();
      for (int i = 0; i < numDims; i++) {
        shape.add(readLong());
      }
      int number = readInt();
      GgmlType type =
          GgmlType.of(number)
              .orElseThrow(() ->
                  broken(
                      "tensor "
                          + name
                          + " has type number "
                          + number
                          + ", and only "
                          + List.of(GgmlType.values())
                          + " are supported"));
      long elements = 1;
      for (long dim : shape) {
        if (dim < 0 || (elements > 0 && dim > Long.MAX_VALUE / 4 / elements)) {
          throw broken("tensor " + name + " claims the impossible shape " + shape.reversed());
        }
        elements *= dim;
      }
      if (numDims > 0 && shape.getFirst() % type.blockElements() != 0) {
        throw broken(
            "tensor "
                + name
                + " of type "
                + type
                + " has rows of "
                + shape.getFirst()
                + ", no multiple of "
                + type.blockElements());
      }
      DType loaded =
          switch (type) {
            case F16 -> DType.F16;
            case BF16 -> DType.BF16;
            case F32, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K -> DType.F32;
          };
      long size =
          elements / type.blockElements() > file.size() ? Long.MAX_VALUE : type.bytes(elements);
      TensorInfo info =
          new TensorInfo(name, loaded, type.name(), shape.reversed(), size, file.path());
      if (tensors.put(name, info) != null) {
        throw broken("it holds tensor " + name + " twice");
      }
      places.put(name, new Place(type, readLong(), size));
    }

    /// Turns offsets within the data into offsets within the file.
    private void place(
        GgufMetadata metadata,
        SequencedMap<String, TensorInfo> tensors,
        Map<String, Place> places) {
      long alignment = metadata.integer("general.alignment", 32);
      if (alignment < 1 || alignment > 1 << 20) {
        throw broken("general.alignment is " + alignment);
      }
      long dataStart = (at + alignment - 1) / alignment * alignment;
      for (TensorInfo info : tensors.values()) {
        Place place = places.get(info.name());
        long available = file.size() - dataStart;
        if (place.offset() < 0
            || place.offset() > available
            || place.bytes() > available - place.offset()) {
          throw broken(
              "tensor "
                  + info.name()
                  + " of type "
                  + place.type()
                  + " and shape "
                  + info.shape()
                  + " claims "
                  + place.bytes()
                  + " bytes at "
                  + place.offset()
                  + " where the file has "
                  + Math.max(0, available)
                  + " bytes of data");
        }
        places.put(info.name(), new Place(place.type(), dataStart + place.offset(), place.bytes()));
      }
    }

    private Object readValue(int type, String key, int depth) {
      return switch (type) {
        case 0 -> (long) (readByte() & 0xFF);
        case 1 -> (long) readByte();
        case 2 -> (long) (readShort() & 0xFFFF);
        case 3 -> (long) readShort();
        case 4 -> readInt() & 0xFFFFFFFFL;
        case 5 -> (long) readInt();
        case 6 -> (double) Float.intBitsToFloat(readInt());
        case 7 -> readByte() != 0;
        case 8 -> readString();
        case 9 -> readList(key, depth);
        case 10, 11 -> readLong();
        case 12 -> Double.longBitsToDouble(readLong());
        default -> throw broken("key " + key + " has the unknown value type " + type);
      };
    }

    private List<Object> readList(String key, int depth) {
      if (depth > 2) {
        throw broken("key " + key + " holds lists within lists within lists");
      }
      int elementType = readInt();
      int smallest =
          switch (elementType) {
            case 0, 1, 7 -> 1;
            case 2, 3 -> 2;
            case 4, 5, 6 -> 4;
            default -> 8;
          };
      long count = readCount(smallest, "elements of " + key);
      List<Object> list = new ArrayList<>(Math.toIntExact(count));
      for (long i = 0; i < count; i++) {
        list.add(readValue(elementType, key, depth + 1));
      }
      return list;
    }

    private long readCount(int smallestBytes, String what) {
      long count = readLong();
      if (count < 0 || count > (file.size() - at) / smallestBytes) {
        throw broken(
            "it claims "
                + Long.toUnsignedString(count)
                + " "
                + what
                + " with "
                + (file.size() - at)
                + " bytes left");
      }
      return count;
    }

    private String readString() {
      long length = readCount(1, "bytes of a text");
      byte[] text = bytes.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
      at += length;
      return new String(text, StandardCharsets.UTF_8);
    }

    private byte readByte() {
      return bytes.get(ValueLayout.JAVA_BYTE, at++);
    }

    private short readShort() {
      at += Short.BYTES;
      return bytes.get(SHORT, at - Short.BYTES);
    }

    private int readInt() {
      at += Integer.BYTES;
      return bytes.get(INT, at - Integer.BYTES);
    }

    private long readLong() {
      at += Long.BYTES;
      return bytes.get(LONG, at - Long.BYTES);
    }

    private BadInputException broken(String what) {
      return new BadInputException(
          file.path() + " is not a sound GGUF file: " + what + "; fetch it again");
    }
  }
}
