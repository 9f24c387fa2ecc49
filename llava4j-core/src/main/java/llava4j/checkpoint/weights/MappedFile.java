package llava4j.checkpoint.weights;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.function.Supplier;
import llava4j.error.BadInputException;
import llava4j.error.LfsPointer;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// A read-only memory-mapped file, with tensors as views of it.
///
/// Views must not be used after [#close], and must not be modified.
///
/// A file that something writes to or cuts off while it is mapped would give wrong numbers, or end
/// the process: whoever reads is told so where size or time of change tell it. A file that another
/// one took the name of stays as it was for whoever mapped it.
public final class MappedFile implements AutoCloseable {
  private final Path path;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment segment;
  private final BasicFileAttributes found;

  public MappedFile(Path path) {
    this.path = path;
    if (!Files.isRegularFile(path)) {
      arena.close();
      throw new BadInputException(
          path + " is missing or not a file; check the path or download the checkpoint again");
    }
    try {
      LfsPointer.refuse(path);
    } catch (BadInputException e) {
      arena.close();
      throw e;
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      this.found = Files.readAttributes(path, BasicFileAttributes.class);
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

  /// All bytes; valid until this file is closed. To be read within [#reading].
  public MemorySegment segment() {
    return segment;
  }

  /// A view of `bytes` bytes from `offset` on, as a row-major tensor. The caller must check the
  /// range against [#size] and close the tensor.
  public Tensor tensor(long offset, DType type, long... shape) {
    requireUnchanged();
    MemorySegment data = segment.asSlice(offset, bytesOf(type, shape));
    try (Scope scope = new Scope()) {
      if (data.byteSize() == 0) {
        return scope.keep(
            torch.empty(
                shape, Tensors.options(type), new org.bytedeco.pytorch.MemoryFormatOptional()));
      }
      Tensor view = torch.from_blob(new Address(data.address()), shape, Tensors.options(type));
      // libtorch needs aligned elements, but a file may not align them.
      return scope.keep(isAligned(offset, type) ? view : view.clone());
    }
  }

  /// Whether elements at this offset are aligned as libtorch needs it: only then is a tensor a
  /// view.
  public boolean isAligned(long offset, DType type) {
    return (segment.address() + offset) % type.bytes() == 0;
  }

  /// Does some reading of [#segment].
  ///
  /// @throws BadInputException if the file was changed since it was opened
  public <T> T reading(Supplier<T> work) {
    try {
      requireUnchanged();
      T read = work.get();
      requireUnchanged();
      return read;
    } catch (InternalError e) {
      throw changed(e);
    }
  }

  /// Fails if what is mapped is not what was there when this was opened.
  ///
  /// @throws BadInputException that names the file
  public void requireUnchanged() {
    try {
      BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
      boolean same = Objects.equals(now.fileKey(), found.fileKey());
      if (same
          && (now.size() != found.size()
              || !now.lastModifiedTime().equals(found.lastModifiedTime()))) {
        throw changed(null);
      }
    } catch (IOException e) {
      // it lost its name; what is mapped stays
    }
  }

  /// The sentence about a file that changed.
  ///
  /// @param cause an InternalError, which is what Java makes of pages behind a new end of the file
  public BadInputException changed(Throwable cause) {
    return new BadInputException(
        path
            + " changed while it was in use; fetch or write it again if it is incomplete, and start"
            + " again",
        cause);
  }

  /// Releases the memory pages of a range that was copied and will not be read again.
  ///
  /// @throws BadInputException if the file was changed, so that the copy is not to be trusted
  public void unload(long offset, long bytes) {
    requireUnchanged();
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
