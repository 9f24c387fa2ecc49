package llava4j.checkpoint.gguf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Supplier;
import llava4j.error.BadInputException;
import llava4j.io.AtomicFile;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// Writes a GGUF file of version 3, one tensor in memory at a time.
///
/// The file gets its name only when it is complete.
public final class GgufWriter {
  private static final int ALIGNMENT = 32;
  private static final int CHUNK_VALUES = 1 << 20; // a multiple of every block that we write

  private final SequencedMap<String, GgufValue> metadata = new LinkedHashMap<>();
  private final SequencedMap<String, Entry> tensors = new LinkedHashMap<>();

  private record Entry(GgmlType type, List<Long> shape, long bytes, Supplier<Tensor> source) {}

  /// Adds a metadata pair; pairs keep this order in the file.
  public GgufWriter put(String key, GgufValue value) {
    if (metadata.put(key, value) != null) {
      throw new IllegalArgumentException("metadata key " + key + " was given twice");
    }
    return this;
  }

  public GgufWriter put(String key, String value) {
    return put(key, new GgufValue.Text(value));
  }

  public GgufWriter put(String key, boolean value) {
    return put(key, new GgufValue.Flag(value));
  }

  /// Adds a tensor; tensors keep this order in the file.
  ///
  /// @param type F32, F16, Q8_0 or Q4_0
  /// @param shape rows first
  /// @param source called when this tensor is written; returns a floating point tensor of this
  ///   shape, which is closed after use
  public GgufWriter addTensor(
      String name, GgmlType type, List<Long> shape, Supplier<Tensor> source) {
    if (!BlockEncoder.writes(type)) {
      throw new IllegalArgumentException(type + " cannot be written");
    }
    if (shape.isEmpty() || shape.size() > 4 || shape.getLast() % type.blockValues() != 0) {
      throw new IllegalArgumentException(name + " of shape " + shape + " cannot be " + type);
    }
    long numValues = shape.stream().reduce(1L, Math::multiplyExact);
    Entry entry = new Entry(type, List.copyOf(shape), type.bytesOf(numValues), source);
    if (tensors.put(name, entry) != null) {
      throw new IllegalArgumentException("tensor " + name + " was given twice");
    }
    return this;
  }

  /// Writes everything to `path`, replacing a file that is there.
  public void write(Path path, WriteProgress progress) {
    try (AtomicFile file = AtomicFile.openAmongMany(path)) {
      file.write(header());
      writeTensors(file, path, progress);
      file.commit();
    }
  }

  private byte[] header() {
    GgufHeaderWriter header = new GgufHeaderWriter(tensors.size(), metadata.size());
    metadata.entrySet().forEach(header::pair);
    long offset = 0;
    for (var tensor : tensors.entrySet()) {
      Entry entry = tensor.getValue();
      header.tensor(tensor.getKey(), entry.type(), entry.shape(), offset);
      offset += Math.ceilDiv(entry.bytes(), ALIGNMENT) * ALIGNMENT;
    }
    return header.toBytes(ALIGNMENT);
  }

  private void writeTensors(AtomicFile file, Path path, WriteProgress progress) {
    long total = tensors.values().stream().mapToLong(Entry::bytes).sum();
    long done = 0;
    for (var tensor : tensors.entrySet()) {
      Entry entry = tensor.getValue();
      try {
        writeTensor(file, tensor.getKey(), entry);
      } catch (ArithmeticException e) {
        throw new BadInputException(
            path
                + " cannot hold tensor "
                + tensor.getKey()
                + " as "
                + entry.type()
                + ": "
                + e.getMessage()
                + "; write F32",
            e);
      }
      done += entry.bytes();
      progress.written(tensor.getKey(), done, total);
    }
  }

  private static void writeTensor(AtomicFile file, String name, Entry entry) {
    try (Scope _ = new Scope()) {
      Tensor tensor = entry.source().get();
      long[] shape = entry.shape().stream().mapToLong(Long::longValue).toArray();
      Tensor flat = Tensors.requireShape(name, tensor, shape).reshape(-1);
      long numValues = flat.numel();
      for (long start = 0; start < numValues; start += CHUNK_VALUES) {
        int count = Math.toIntExact(Math.min(CHUNK_VALUES, numValues - start));
        try (Scope _ = new Scope()) {
          float[] values = Tensors.toFloats(flat.narrow(0, start, count));
          int bytes = Math.toIntExact(entry.type().bytesOf(count));
          ByteBuffer encoded = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
          BlockEncoder.encode(entry.type(), values, encoded);
          file.write(encoded.flip());
        }
      }
      int padding = Math.floorMod(-entry.bytes(), ALIGNMENT);
      file.write(new byte[padding]);
      tensor.close();
    }
  }
}
