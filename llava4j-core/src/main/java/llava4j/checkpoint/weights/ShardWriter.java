package llava4j.checkpoint.weights;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import llava4j.io.AtomicFile;
import llava4j.tensor.DType;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Distributes tensors over files of a limited size and writes the index of the tensors.
public abstract class ShardWriter {
  private final long maxShardBytes;
  private final String ending;

  /// @param maxShardBytes largest file; a larger tensor gets its own file
  /// @param ending extension of the files, with the dot
  public ShardWriter(long maxShardBytes, String ending) {
    this.maxShardBytes = maxShardBytes;
    this.ending = ending;
  }

  /// Writes one file with these tensors.
  protected abstract void writeFile(
      Path path,
      List<TensorInfo> infos,
      WeightSource source,
      DType dtype,
      WriteListener.Counter counter);

  /// Writes all tensors of `source` as `dtype`, or each with its own type if `dtype` is null. Only
  /// one tensor is in memory at a time. A file is written completely or not at all.
  ///
  /// @param stem file name without extension, such as `model`
  public void write(
      WeightSource source, Path folder, String stem, DType dtype, WriteListener listener) {
    List<List<TensorInfo>> shards = deal(source, dtype);
    WriteListener.Counter counter = new WriteListener.Counter(listener, source, dtype);
    if (shards.size() == 1) {
      writeFile(folder.resolve(stem + ending), shards.getFirst(), source, dtype, counter);
      return;
    }
    ObjectNode map = new JsonMapper().createObjectNode();
    for (int i = 0; i < shards.size(); i++) {
      String name =
          String.format(Locale.ROOT, "%s-%05d-of-%05d%s", stem, i + 1, shards.size(), ending);
      writeFile(folder.resolve(name), shards.get(i), source, dtype, counter);
      shards.get(i).forEach(info -> map.put(info.name(), name));
    }
    AtomicFile.writeText(
        folder.resolve(stem + ending + ".index.json"), WriteListener.index(map, counter.total()));
  }

  private List<List<TensorInfo>> deal(WeightSource source, DType dtype) {
    List<List<TensorInfo>> shards = new ArrayList<>();
    long used = 0;
    for (TensorInfo info : source.tensors().values()) {
      long bytes = WriteListener.bytes(info, dtype);
      if (shards.isEmpty() || (used + bytes > maxShardBytes && used > 0)) {
        shards.add(new ArrayList<>());
        used = 0;
      }
      shards.getLast().add(info);
      used += bytes;
    }
    return shards;
  }
}
