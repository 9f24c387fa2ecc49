package llava4j.checkpoint;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import llava4j.error.BadInputException;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Tensor;

/// Files that appear whole or not at all: written aside, forced to the disk, then renamed.
final class AtomicFile {
  private static final int BUFFER = 1 << 20;

  private AtomicFile() {}

  /// Writes the content of a file.
  interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  static void write(Path path, Content content) {
    Path aside = path.resolveSibling(path.getFileName() + ".part");
    try {
      Files.createDirectories(path.toAbsolutePath().getParent());
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(aside), BUFFER)) {
        content.writeTo(out);
      }
      try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(aside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      deleteQuietly(aside);
      throw new BadInputException(
          path
              + " cannot be written: "
              + e.getMessage()
              + "; free some space or name another folder",
          e);
    } catch (RuntimeException e) {
      deleteQuietly(aside);
      throw e;
    }
  }

  static void writeText(Path path, String text) {
    write(path, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /// The elements of a tensor as `dtype`, row-major, little-endian.
  @SuppressWarnings("restricted") // the tensor is alive and this large
  static void writeTensor(OutputStream out, Tensor tensor, DType dtype) throws IOException {
    try (Scope _ = new Scope()) {
      Tensor plain = tensor.to(dtype.scalarType()).contiguous();
      long bytes = plain.nbytes();
      if (bytes == 0) {
        return;
      }
      MemorySegment data = MemorySegment.ofAddress(plain.data_ptr().address()).reinterpret(bytes);
      byte[] buffer = new byte[(int) Math.min(BUFFER, bytes)];
      for (long at = 0; at < bytes; at += buffer.length) {
        int length = (int) Math.min(buffer.length, bytes - at);
        MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, buffer, 0, length);
        out.write(buffer, 0, length);
      }
    }
  }

  private static void deleteQuietly(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // what matters is the first failure
    }
  }
}
