package llava4j.train.shard;

import java.util.Map;
import java.util.function.Consumer;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.shard.UnitLayout.Slot;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The gradient of one unit: sums over micro-batches, and over processes as the ZeRO stage says.
/// Sums over processes only start here; whoever reads the gradient waits for them.
final class UnitGradient implements AutoCloseable {
  private static final long CHUNK = 1 << 18;

  private final UnitLayout layout;
  private final ZeroStage zero;
  private final ProcessGroup group;
  private final Device device;
  private final Reductions reductions;
  private final DType exactType;
  private final DType exchangeType; // in which gradients travel
  private final long partElements;
  private final Tensor gradient; // F32 (F64 beside F64): [padded], or [part]
  private boolean stale = true; // the gradient is that of the last step and counts as zero
  private boolean summed; // the sum over the processes has started, stages NONE and OPTIMIZER

  UnitGradient(UnitLayout layout, ParameterUnit.Placement placement, DType exactType) {
    this.layout = layout;
    this.zero = placement.zero();
    this.group = placement.group();
    this.device = placement.device();
    this.reductions = placement.reductions();
    this.exactType = exactType;
    this.exchangeType = placement.exchange().type(exactType);
    this.partElements = layout.paddedElements(group.size()) / group.size();
    long elements = zero.shardsGradients() ? partElements : partElements * group.size();
    this.gradient = Scope.own(zeros(exactType, elements));
  }

  /// See [ParameterUnit#accumulate].
  void accumulate(Map<String, Tensor> gradients) {
    requireOpen();
    if (!zero.shardsGradients()) {
      addTo(gradient, gradients, stale);
      stale = false;
      return;
    }
    reductions.makeRoom(travelling());
    try (Scope _ = new Scope()) {
      Tensor whole = zeros(exchangeType, partElements * group.size()); // [padded]
      addTo(whole, gradients, true);
      addReduced(whole);
    }
  }

  /// See [ParameterUnit#accumulateRows].
  void accumulateRows(String name, Tensor rows, Tensor gradients) {
    requireOpen();
    if (zero.shardsGradients()) {
      reductions.makeRoom(travelling());
    }
    try (Scope _ = new Scope()) {
      Tensor exact = gradients.to(exactType.scalarType()); // [n, columns]
      if (zero.shardsGradients()) {
        Tensor whole = zeros(exactType, partElements * group.size()); // [padded]
        slice(whole, slot(name)).index_add_(0, rows, exact);
        addReduced(whole);
      } else {
        clearIfStale();
        slice(gradient, slot(name)).index_add_(0, rows, exact);
      }
    }
  }

  /// See [ParameterUnit#complete].
  void complete() {
    if (reductions.isLastMicroBatch()) {
      reduce();
    }
  }

  /// See [ParameterUnit#reduceGradients].
  void reduce() {
    if (zero.shardsGradients() || summed) {
      return;
    }
    summed = true;
    clearIfStale();
    reductions.makeRoom(travelling());
    try (Scope _ = new Scope()) {
      if (zero == ZeroStage.OPTIMIZER) {
        startScatter(gradient, part -> ownPart().copy_(part));
      } else if (exchangeType == exactType) {
        reductions.add(group.beginSum(gradient), travelling(), null, _ -> {});
      } else {
        Tensor sent = Scope.own(gradient.to(exchangeType.scalarType())); // [padded]
        reductions.add(group.beginSum(sent), travelling(), sent, gradient::copy_);
      }
    }
  }

  /// Sum of the squares of this process's part, accumulated in double precision.
  double squaredNorm() {
    reductions.await();
    clearIfStale();
    Tensor own = ownPart(); // [part]
    double sum = 0;
    for (long start = 0; start < partElements; start += CHUNK) {
      try (Scope _ = new Scope()) {
        Tensor stretch = own.narrow(0, start, Math.min(CHUNK, partElements - start)); // [n]
        sum += stretch.dot(stretch).item_double();
      }
    }
    return sum;
  }

  /// What the optimiser of this process uses. A borrowed view, [padded] in stage NONE, else [part].
  Tensor forUpdate() {
    reductions.await();
    return zero == ZeroStage.OPTIMIZER ? ownPart() : gradient;
  }

  /// This process's part. A borrowed view, [part].
  Tensor own() {
    reductions.await();
    return ownPart();
  }

  /// The step is done; what is accumulated next is of another one.
  void forget() {
    stale = true;
    summed = false;
  }

  long bytes() {
    return gradient.nbytes();
  }

  @Override
  public void close() {
    gradient.close();
  }

  private void addReduced(Tensor whole) {
    startScatter(
        whole,
        part -> {
          clearIfStale();
          gradient.add_(part);
        });
  }

  /// Starts the sum of all processes' `whole`; this process receives its part, in the type in which
  /// it travels. The operation itself keeps `whole` as long as it needs it.
  private void startScatter(Tensor whole, Consumer<Tensor> use) {
    Tensor sent = whole.to(exchangeType.scalarType()); // [padded], no copy of its own type
    Tensor part = Scope.own(zeros(exchangeType, partElements)); // [part]
    reductions.add(group.reduceScatter(part, sent), travelling(), part, use);
  }

  private long travelling() {
    return partElements * group.size() * exchangeType.bytes();
  }

  private void requireOpen() {
    if (summed) {
      throw new IllegalStateException(
          "gradients of unit " + layout.name() + " were added after it was complete for this step");
    }
  }

  private void clearIfStale() {
    if (stale) {
      gradient.zero_();
      stale = false;
    }
  }

  private Tensor ownPart() {
    return gradient.size(0) == partElements
        ? gradient
        : gradient.narrow(0, group.rank() * partElements, partElements);
  }

  private Tensor zeros(DType type, long elements) {
    return torch.zeros(new long[] {elements}, Tensors.options(type, device));
  }

  /// @param replace whether to overwrite the previous content instead of adding to it
  private void addTo(Tensor whole, Map<String, Tensor> gradients, boolean replace) {
    gradients.keySet().forEach(this::slot); // throws if a name is not a parameter of this unit
    for (Slot slot : layout.slots()) {
      Tensor value = gradients.get(slot.name());
      try (Scope _ = new Scope()) {
        if (value != null && replace) {
          slice(whole, slot).copy_(value);
        } else if (value != null) {
          slice(whole, slot).add_(value);
        } else if (replace) {
          slice(whole, slot).zero_();
        }
      }
    }
  }

  private Slot slot(String name) {
    return layout.slots().stream()
        .filter(slot -> slot.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException(layout.name() + " has no parameter " + name));
  }

  static Tensor slice(Tensor whole, Slot slot) {
    return whole.narrow(0, slot.offset(), slot.elements()).view(slot.dims());
  }
}
