package llava4j.checkpoint.adapter;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import llava4j.checkpoint.weights.LowRankUpdate.Stored;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import org.bytedeco.pytorch.Tensor;

/// Single tensors of several files as one source. Closing it does not close the files.
final class NamedTensors implements WeightSource {
  private final Map<String, Stored> stored;
  private final SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();

  NamedTensors(Map<String, Stored> stored) {
    this.stored = stored;
    stored.forEach((name, one) -> tensors.put(name, one.info().withName(name)));
  }

  @Override
  public SequencedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSequencedMap(tensors);
  }

  @Override
  public Tensor load(String name) {
    return stored.get(name).load();
  }

  @Override
  public void close() {}
}
