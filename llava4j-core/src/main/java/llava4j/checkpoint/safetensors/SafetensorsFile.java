package llava4j.checkpoint.safetensors;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import llava4j.checkpoint.weights.MappedFile;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.error.BadInputException;
import llava4j.tensor.DType;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One safetensors file: an 8-byte length, a JSON header, then the data of all tensors without
/// gaps.
///
/// The header is checked against the file before any tensor is created. An error names the file,
/// the tensor, the expected and the actual value.
public final class SafetensorsFile implements WeightSource {
  /// The format's own limit on headers.
  private static final long MAX_HEADER_BYTES = 100_000_000;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final MappedFile file;
  private final SequencedMap<String, TensorInfo> tensors;
  private final Map<String, Long> offsets;
  private final Map<String, String> metadata;

  private SafetensorsFile(
      MappedFile file,
      SequencedMap<String, TensorInfo> tensors,
      Map<String, Long> offsets,
      Map<String, String> metadata) {
    this.file = file;
    this.tensors = Collections.unmodifiableSequencedMap(tensors);
    this.offsets = offsets;
    this.metadata = Map.copyOf(metadata);
  }

  /// Maps the file and checks its header.
  public static SafetensorsFile open(Path path) {
    MappedFile file = new MappedFile(path);
    try {
      return file.reading(() -> new HeaderReader(file).read());
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  @Override
  public SequencedMap<String, TensorInfo> tensors() {
    return tensors;
  }

  /// The header's `__metadata__`.
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public Tensor load(String name) {
    TensorInfo info = tensors.get(name);
    if (info == null) {
      throw new IllegalArgumentException(file.path() + " holds no tensor " + name);
    }
    long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
    return file.tensor(offsets.get(name), info.dtype(), shape);
  }

  @Override
  public boolean isView(String name) {
    return file.isAligned(offsets.get(name), tensors.get(name).dtype());
  }

  @Override
  public void release(String name) {
    file.unload(offsets.get(name), tensors.get(name).bytes());
  }

  @Override
  public void close() {
    file.close();
  }

  /// Reads and checks one header.
  private static final class HeaderReader {
    private final MappedFile file;
    private final SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();
    private final Map<String, Long> offsets = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private long dataStart;

    HeaderReader(MappedFile file) {
      this.file = file;
    }

    SafetensorsFile read() {
      JsonNode header = header();
      for (Map.Entry<String, JsonNode> entry : header.properties()) {
        if (entry.getKey().equals("__metadata__")) {
          entry.getValue().forEachEntry((key, value) -> metadata.put(key, value.asString("")));
        } else {
          addTensor(entry.getKey(), entry.getValue());
        }
      }
      requireContiguous();
      return new SafetensorsFile(file, tensors, offsets, metadata);
    }

    private JsonNode header() {
      if (file.size() < Long.BYTES) {
        throw broken(
            "it has " + file.size() + " bytes, fewer than the 8 of a safetensors header length");
      }
      MemorySegment segment = file.segment();
      long length =
          segment.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
      if (length < 2 || length > MAX_HEADER_BYTES || length > file.size() - Long.BYTES) {
        throw broken(
            "its header claims "
                + Long.toUnsignedString(length)
                + " bytes in a file of "
                + file.size());
      }
      dataStart = Long.BYTES + length;
      byte[] bytes = segment.asSlice(Long.BYTES, length).toArray(ValueLayout.JAVA_BYTE);
      try {
        JsonNode header = JSON.readTree(new String(bytes, StandardCharsets.UTF_8));
        if (!header.isObject()) {
          throw broken("its header is not a JSON object");
        }
        return header;
      } catch (JacksonException e) {
        throw broken("its header is not valid JSON (" + e.getOriginalMessage() + ")");
      }
    }

    private void addTensor(String name, JsonNode entry) {
      String storedAs = entry.path("dtype").asString("");
      DType type = dtype(name, storedAs);
      List<Long> shape = longs(name, entry.path("shape"), "shape");
      List<Long> range = longs(name, entry.path("data_offsets"), "data_offsets");
      long available = file.size() - dataStart;
      if (range.size() != 2 || range.get(0) > range.get(1) || range.get(1) > available) {
        throw broken(
            "tensor "
                + name
                + " claims bytes "
                + range
                + ", but the file has "
                + available
                + " bytes of data");
      }
      long found = range.get(1) - range.get(0);
      long expected;
      try {
        expected = MappedFile.bytesOf(type, shape.stream().mapToLong(Long::longValue).toArray());
      } catch (ArithmeticException e) {
        throw broken("tensor " + name + " claims the impossible shape " + shape);
      }
      if (expected != found) {
        throw broken(
            "tensor "
                + name
                + " of type "
                + storedAs
                + " and shape "
                + shape
                + " needs "
                + expected
                + " bytes but has "
                + found);
      }
      tensors.put(name, new TensorInfo(name, type, storedAs, shape, found, file.path()));
      offsets.put(name, dataStart + range.get(0));
    }

    private DType dtype(String name, String storedAs) {
      for (DType type : DType.values()) {
        if (type.name().equals(storedAs)) {
          return type;
        }
      }
      throw broken(
          "tensor "
              + name
              + " has type '"
              + storedAs
              + "', which is not supported (F32, F16 and BF16 are)");
    }

    private List<Long> longs(String name, JsonNode node, String what) {
      List<Long> values = new ArrayList<>();
      if (!node.isArray()) {
        throw broken("tensor " + name + " has no " + what);
      }
      for (JsonNode value : node) {
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < 0) {
          throw broken(
              "tensor " + name + " has " + what + " " + node + ", which is not a valid count");
        }
        values.add(value.asLong());
      }
      return values;
    }

    /// The format forbids overlaps, gaps and bytes after the last tensor.
    private void requireContiguous() {
      List<TensorInfo> inOrder = new ArrayList<>(tensors.values());
      inOrder.sort(
          Comparator.<TensorInfo>comparingLong(info -> offsets.get(info.name()))
              .thenComparingLong(TensorInfo::bytes));
      long next = dataStart;
      for (TensorInfo info : inOrder) {
        long offset = offsets.get(info.name());
        if (offset != next) {
          throw broken(
              "tensor "
                  + info.name()
                  + " starts at byte "
                  + offset
                  + ", but "
                  + next
                  + " is expected");
        }
        next = offset + info.bytes();
      }
      if (next != file.size()) {
        throw broken("it has " + (file.size() - next) + " bytes after its last tensor");
      }
    }

    private BadInputException broken(String what) {
      return new BadInputException(
          file.path() + " is not a valid safetensors file: " + what + "; download it again");
    }
  }
}
