package llava4j.checkpoint.weights;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Tensor;

/// Converts a tensor to the bytes of a file.
public final class TensorBytes {
  private static final int BUFFER = 1 << 20;

  private TensorBytes() {}

  /// The elements of a tensor as `dtype`, row-major, little-endian.
  @SuppressWarnings("restricted") // the tensor is alive and this large
  public static void write(OutputStream out, Tensor tensor, DType dtype) throws IOException {
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
}
