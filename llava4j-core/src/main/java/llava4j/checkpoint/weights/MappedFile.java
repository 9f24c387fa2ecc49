package llava4j.checkpoint.weights;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import llava4j.error.BadInputException;
import llava4j.error.LfsPointer;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// A file mapped read-only into memory, from which tensors are cut without copying.
///
/// Tensors are views: they must not be used after [#close], nor written to.
public final class MappedFile implements AutoCloseable {
  private final Path path;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment segment;

  public MappedFile(Path path) {
    this.path = path;
    if (!Files.isRegularFile(path)) {
      arena.close();
      throw new BadInputException(
          path + " is missing or not a file; check the path or fetch the checkpoint again");
    }
    try {
      LfsPointer.refuse(path);
    } catch (BadInputException e) {
      arena.close();
      throw e;
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      this.segment = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    } catch (IOException e) {
      arena.close();
      throw new BadInputException(path + " cannot be read: " + e.getMessage(), e);
    }
  }

  public Path path() {
    return path;
  }

  /// Bytes of the file.
  public long size() {
    return segment.byteSize();
  }

  /// All bytes; lives until this file is closed.
  public MemorySegment segment() {
    return segment;
  }

  /// A view of `bytes` from `offset` on as a row-major tensor. The caller checked the range against
  /// [#size], and closes the tensor.
  public Tensor tensor(long offset, DType type, long... shape) {
    MemorySegment data = segment.asSlice(offset, bytesOf(type, shape));
    try (Scope scope = new Scope()) {
      if (data.byteSize() == 0) {
        return scope.keep(
            torch.empty(
                shape, Tensors.options(type), new org.bytedeco.pytorch.MemoryFormatOptional()));
      }
      Tensor view = torch.from_blob(new Address(data.address()), shape, Tensors.options(type));
      // libtorch wants elements at multiples of their size; a file need not oblige.
      return scope.keep(isAligned(offset, type) ? view : view.clone());
    }
  }

  /// Whether elements at this offset lie as libtorch wants them: only then is a tensor a view.
  public boolean isAligned(long offset, DType type) {
    return (segment.address() + offset) % type.bytes() == 0;
  }

  /// Lets the operating system take back the pages of a range that was copied and will not be read
  /// again.
  public void unload(long offset, long bytes) {
    segment.asSlice(offset, bytes).unload();
  }

  /// Bytes of a tensor; fails on overflow.
  public static long bytesOf(DType type, long... shape) {
    long product = type.bytes();
    for (long dim : shape) {
      product = Math.multiplyExact(product, dim);
    }
    return product;
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  /// A raw address for JavaCPP.
  private static final class Address extends Pointer {
    Address(long address) {
      super((Pointer) null);
      this.address = address;
    }
  }
}
