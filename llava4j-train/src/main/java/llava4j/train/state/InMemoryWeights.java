package llava4j.train.state;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.LongStream;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// Tensors in memory, on any device, as a weight source for a writer. Each tensor is copied to the
/// CPU only when it is loaded, so at most one of them exists twice. The tensors are borrowed:
/// close() does not free them.
final class InMemoryWeights implements WeightSource {
  private final SequencedMap<String, Tensor> held = new LinkedHashMap<>();
  private final SequencedMap<String, TensorInfo> infos = new LinkedHashMap<>();

  void add(String name, Tensor tensor) {
    held.put(name, tensor);
    DType type = Tensors.type(tensor);
    List<Long> shape = LongStream.of(Tensors.shape(tensor)).boxed().toList();
    infos.put(name, new TensorInfo(name, type, type.name(), shape, tensor.nbytes(), Path.of("")));
  }

  @Override
  public SequencedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSequencedMap(infos);
  }

  @Override
  public Tensor load(String name) {
    return held.get(name).to(new Device.Cpu().torchDevice(), held.get(name).scalar_type());
  }

  @Override
  public void close() {}
}
