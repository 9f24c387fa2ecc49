package llava4j.checkpoint.weights;

import llava4j.tensor.DType;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Called for each written tensor.
@FunctionalInterface
public interface WriteListener {
  WriteListener NONE = (_, _, _) -> {};

  void onTensor(String name, long bytesDone, long bytesTotal);

  /// Bytes of a tensor as `dtype`, or with its own type if `dtype` is null.
  static long bytes(TensorInfo info, DType dtype) {
    long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
    return MappedFile.bytesOf(dtype == null ? info.dtype() : dtype, shape);
  }

  /// The text of an index of shards.
  static String index(ObjectNode weightMap, long totalBytes) {
    JsonMapper json = new JsonMapper();
    ObjectNode root = json.createObjectNode();
    root.putObject("metadata").put("total_size", totalBytes);
    root.set("weight_map", weightMap);
    return json.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
  }

  /// Counts the written bytes.
  final class Counter {
    private final WriteListener listener;
    private final DType dtype;
    private final long total;
    private long done;

    Counter(WriteListener listener, WeightSource source, DType dtype) {
      this.listener = listener;
      this.dtype = dtype;
      this.total = source.tensors().values().stream().mapToLong(info -> bytes(info, dtype)).sum();
    }

    long total() {
      return total;
    }

    public void wrote(TensorInfo info) {
      done += bytes(info, dtype);
      listener.onTensor(info.name(), done, total);
    }
  }
}
