package llava4j.checkpoint.gguf;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Collections;
import java.util.SequencedMap;
import llava4j.checkpoint.MappedFile;
import llava4j.tensor.DType;
import org.bytedeco.pytorch.Tensor;

/// A GGUF file of version 2 or 3, little-endian, memory-mapped: metadata and tensors as stored.
///
/// All that the header claims is held against the size of the file before it is believed.
public final class GgufFile implements AutoCloseable {
  private final MappedFile file;
  private final int version;
  private final GgufMetadata metadata;
  private final SequencedMap<String, GgufTensor> tensors;

  GgufFile(
      MappedFile file,
      int version,
      GgufMetadata metadata,
      SequencedMap<String, GgufTensor> tensors) {
    this.file = file;
    this.version = version;
    this.metadata = metadata;
    this.tensors = Collections.unmodifiableSequencedMap(tensors);
  }

  /// Maps the file and checks its header.
  public static GgufFile open(Path path) {
    MappedFile file = new MappedFile(path);
    try {
      return new GgufHeaderReader(file).read();
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  public Path path() {
    return file.path();
  }

  /// The version of the format, 2 or 3.
  public int version() {
    return version;
  }

  public GgufMetadata metadata() {
    return metadata;
  }

  /// Tensors by name, in file order.
  public SequencedMap<String, GgufTensor> tensors() {
    return tensors;
  }

  /// The stored bytes of a tensor; lives until this file is closed.
  public MemorySegment bytes(GgufTensor tensor) {
    return file.segment().asSlice(tensor.offset(), tensor.bytes());
  }

  /// The tensor as [GgmlType#loadsAs]: plain types are views of the mapped file, blocks are decoded
  /// on all cores. The caller owns (closes) the handle.
  Tensor load(GgufTensor tensor) {
    long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
    return switch (tensor.type().support()) {
      case VIEW -> file.tensor(tensor.offset(), tensor.type().loadsAs(), shape);
      case DECODE -> decode(tensor, DType.F32);
      case NONE -> throw new IllegalArgumentException(tensor.type() + " cannot be read");
    };
  }

  /// Blocks as a new tensor of `type`, decoded on all cores. The caller owns (closes) the handle.
  Tensor decode(GgufTensor tensor, DType type) {
    long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
    Tensor decoded = TensorDecoder.decode(tensor.type(), bytes(tensor), type, shape);
    file.unload(tensor.offset(), tensor.bytes());
    return decoded;
  }

  /// Lets go of the pages that hold a tensor.
  void release(GgufTensor tensor) {
    file.unload(tensor.offset(), tensor.bytes());
  }

  @Override
  public void close() {
    file.close();
  }
}
