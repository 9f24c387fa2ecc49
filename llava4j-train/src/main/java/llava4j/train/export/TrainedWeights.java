package llava4j.train.export;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.tensor.DType;
import llava4j.train.shard.UnitLayout;
import llava4j.train.state.SavedRun;
import org.bytedeco.pytorch.Tensor;

/// The weights of a model after training: trained tensors from a checkpoint, all others from the
/// base model. Tensors are read one at a time, so a whole model never has to fit in memory.
public final class TrainedWeights implements WeightSource {
  private final WeightSource base;
  private final SavedRun saved;
  private final SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final SequencedMap<String, Place> learned = new LinkedHashMap<>();

  private record Place(UnitLayout unit, UnitLayout.Slot slot) {}

  /// @param base not closed here
  /// @param saved not closed here
  /// @param layouts of the trained units
  public TrainedWeights(WeightSource base, SavedRun saved, List<UnitLayout> layouts) {
    this.base = base;
    this.saved = saved;
    tensors.putAll(base.tensors());
    for (UnitLayout layout : layouts) {
      for (UnitLayout.Slot slot : layout.slots()) {
        learned.put(slot.name(), new Place(layout, slot));
        long bytes = slot.elements() * DType.F32.bytes();
        tensors.put(
            slot.name(),
            new TensorInfo(slot.name(), DType.F32, "F32", slot.shape(), bytes, Path.of("")));
      }
    }
  }

  /// Names of the trained tensors.
  List<String> learned() {
    return List.copyOf(learned.keySet());
  }

  @Override
  public SequencedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSequencedMap(tensors);
  }

  @Override
  public Tensor load(String name) {
    Place place = learned.get(name);
    if (place == null) {
      return base.load(name);
    }
    UnitLayout.Slot slot = place.slot();
    return saved
        .read(place.unit().name(), "weights", slot.offset(), slot.elements())
        .to(DType.F32.scalarType())
        .view(slot.dims());
  }

  @Override
  public void release(String name) {
    if (!learned.containsKey(name)) {
      base.release(name);
    }
  }

  @Override
  public void close() {}
}
