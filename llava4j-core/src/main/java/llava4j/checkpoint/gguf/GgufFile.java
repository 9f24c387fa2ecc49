package llava4j.checkpoint.gguf;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import llava4j.checkpoint.weights.MappedFile;
import llava4j.error.BadInputException;
import llava4j.io.CloseAll;
import llava4j.quant.BlockMatrix;
import llava4j.tensor.DType;
import org.bytedeco.pytorch.Tensor;

/// A GGUF file of version 2 or 3, little-endian, memory-mapped: metadata and tensors as stored.
///
/// Everything in the header is checked against the size of the file before it is used.
public final class GgufFile implements AutoCloseable {
  private final MappedFile file;
  private final int version;
  private final GgufMetadata metadata;
  private final SequencedMap<String, GgufTensor> tensors;
  private final Map<String, GgufFile> others = new HashMap<>();

  GgufFile(
      MappedFile file,
      int version,
      GgufMetadata metadata,
      SequencedMap<String, GgufTensor> tensors) {
    this.file = file;
    this.version = version;
    this.metadata = metadata;
    this.tensors = tensors;
  }

  /// Maps the file and checks its header. A split file (`NAME-00001-of-00003.gguf`) is opened with
  /// all its parts.
  public static GgufFile open(Path path) {
    GgufFile opened = openPart(path);
    return opened.metadata().findWhole(GgufSplit.COUNT).orElse(1) > 1
        ? GgufSplit.join(opened)
        : opened;
  }

  /// Maps one file, and checks its header.
  static GgufFile openPart(Path path) {
    MappedFile file = new MappedFile(path);
    try {
      return file.reading(() -> new GgufHeaderReader(file).read());
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /// Adds the tensors of another part of the same split file; closing this file closes that part.
  void add(GgufFile part) {
    part.tensors.forEach((name, tensor) -> {
      if (tensors.put(name, tensor) != null) {
        throw new BadInputException(
            part.path()
                + " has the tensor "
                + name
                + ", which is in another part too; download it again");
      }
      others.put(name, part);
    });
  }

  private MappedFile home(GgufTensor tensor) {
    GgufFile other = others.get(tensor.name());
    return other == null ? file : other.file;
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
    return Collections.unmodifiableSequencedMap(tensors);
  }

  /// The stored bytes of a tensor; lives until this file is closed.
  public MemorySegment bytes(GgufTensor tensor) {
    return home(tensor).segment().asSlice(tensor.offset(), tensor.bytes());
  }

  /// A quantised matrix, read where it lies; empty for other types.
  Optional<BlockMatrix> blocks(GgufTensor tensor) {
    return GgufBlocks.of(
            tensor.type(), bytes(tensor), tensor.shape().getFirst(), tensor.shape().getLast())
        .map(blocks -> new MappedBlocks(blocks, home(tensor)));
  }

  /// The tensor as [GgmlType#loadsAs]: plain types are views of the mapped file, blocks are decoded
  /// on all cores. The caller owns (closes) the handle.
  Tensor load(GgufTensor tensor) {
    long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
    return switch (tensor.type().support()) {
      case VIEW -> home(tensor).tensor(tensor.offset(), tensor.type().loadsAs(), shape);
      case DECODE -> decode(tensor, DType.F32);
      case NONE -> throw new IllegalArgumentException(tensor.type() + " cannot be read");
    };
  }

  /// Blocks as a new tensor of `type`, decoded on all cores. The caller owns (closes) the handle.
  Tensor decode(GgufTensor tensor, DType type) {
    long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
    Tensor decoded =
        home(tensor).reading(() -> TensorDecoder.decode(tensor.type(), bytes(tensor), type, shape));
    home(tensor).unload(tensor.offset(), tensor.bytes());
    return decoded;
  }

  /// Releases the memory pages of a tensor.
  void release(GgufTensor tensor) {
    home(tensor).unload(tensor.offset(), tensor.bytes());
  }

  @Override
  public void close() {
    List<AutoCloseable> parts = new ArrayList<>(new HashSet<>(others.values()));
    parts.add(file);
    CloseAll.each(parts);
  }
}
