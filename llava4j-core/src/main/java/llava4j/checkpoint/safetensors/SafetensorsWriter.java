package llava4j.checkpoint.safetensors;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import llava4j.checkpoint.weights.ShardWriter;
import llava4j.checkpoint.weights.TensorBytes;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.io.AtomicFile;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes safetensors, one tensor in memory at a time, in shards where one file would be too large.
/// A file is written completely or not at all.
public final class SafetensorsWriter extends ShardWriter {
  private static final JsonMapper JSON = new JsonMapper();

  /// @param maxShardBytes largest file; a larger tensor gets its own file
  public SafetensorsWriter(long maxShardBytes) {
    super(maxShardBytes, ".safetensors");
  }

  @Override
  protected void writeFile(
      Path path,
      List<TensorInfo> infos,
      WeightSource source,
      DType dtype,
      WriteListener.Counter counter) {
    byte[] header = header(infos, dtype);
    AtomicFile.write(
        path,
        out -> {
          out.write(
              ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
          out.write(header);
          for (TensorInfo info : infos) {
            writeData(info, source, dtype, out);
            counter.wrote(info);
          }
        });
  }

  private static void writeData(TensorInfo info, WeightSource source, DType dtype, OutputStream out)
      throws IOException {
    try (Scope _ = new Scope()) {
      TensorBytes.write(out, source.load(info.name()), dtype == null ? info.dtype() : dtype);
    }
  }

  /// JSON padded with blanks to a multiple of 8 bytes, so that the data is aligned.
  private static byte[] header(List<TensorInfo> infos, DType dtype) {
    ObjectNode root = JSON.createObjectNode();
    root.putObject("__metadata__").put("format", "pt");
    long offset = 0;
    for (TensorInfo info : infos) {
      ObjectNode entry = root.putObject(info.name());
      entry.put("dtype", (dtype == null ? info.dtype() : dtype).name());
      ArrayNode shape = entry.putArray("shape");
      info.shape().forEach(shape::add);
      long end = offset + WriteListener.bytes(info, dtype);
      entry.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] json = root.toString().getBytes(StandardCharsets.UTF_8);
    byte[] padded = new byte[(json.length + 7) / 8 * 8];
    java.util.Arrays.fill(padded, (byte) ' ');
    System.arraycopy(json, 0, padded, 0, json.length);
    return padded;
  }
}
