package llava4j.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.UnaryOperator;
import llava4j.checkpoint.TensorInfo;
import llava4j.checkpoint.WeightSource;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Writes a weight source to a safetensors file in one element type.
final class SafetensorsWriter {
  private SafetensorsWriter() {}

  /// @param rename from the source's names to the file's
  static void write(Path file, WeightSource source, DType type, UnaryOperator<String> rename) {
    JsonMapper json = new JsonMapper();
    ObjectNode header = json.createObjectNode();
    long offset = 0;
    for (TensorInfo info : source.tensors().values()) {
      long bytes = info.bytes() / info.dtype().bytes() * type.bytes();
      ObjectNode entry = header.putObject(rename.apply(info.name()));
      entry.put("dtype", type.name());
      info.shape().forEach(entry.withArray("shape")::add);
      entry.putArray("data_offsets").add(offset).add(offset + bytes);
      offset += bytes;
    }
    byte[] text = json.writeValueAsString(header).getBytes(StandardCharsets.UTF_8);
    ByteBuffer start = ByteBuffer.allocate(Long.BYTES + text.length).order(ByteOrder.LITTLE_ENDIAN);
    start.putLong(text.length).put(text).flip();
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      writeAll(channel, start);
      for (String name : source.tensors().keySet()) {
        write(channel, source, name, type);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(FileChannel channel, WeightSource source, String name, DType type)
      throws IOException {
    try (Scope _ = new Scope()) {
      Tensor tensor = Tensors.to(source.load(name), new Device.Cpu(), type).contiguous();
      long bytes = tensor.numel() * type.bytes();
      writeAll(channel, new BytePointer(tensor.data_ptr()).capacity(bytes).asByteBuffer());
    }
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
