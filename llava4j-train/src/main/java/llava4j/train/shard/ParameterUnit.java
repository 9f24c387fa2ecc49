package llava4j.train.shard;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.optim.AdamW;
import llava4j.train.shard.UnitLayout.Slot;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Parameters that are used together (a decoder block, the projector) in one flat tensor, with
/// their gradients and optimiser state: whole, or the shard ("part") of this process.
///
/// Every process must call the same methods in the same order, because some are collective
/// operations.
public final class ParameterUnit implements AutoCloseable {
  private final UnitLayout layout;
  private final ZeroStage zero;
  private final ProcessGroup group;
  private final Device device;
  private final DType exactType;
  private final boolean trainable;
  private final long partElements;
  private final Tensor compute; // [padded], or [part] where parameters are sharded
  private final Tensor master; // F32 (F64 beside F64): [padded], or [part]; null when frozen
  private final UnitGradient gradient; // null when frozen
  private final OptimizerState state; // null when frozen

  /// AdamW's moments, each [padded], or [part] if the optimiser state is sharded.
  private record OptimizerState(Tensor first, Tensor second) {}

  /// Settings shared by all units of a run.
  ///
  /// @param exchange how gradients travel between processes
  /// @param reductions the sums of gradients under way, of all units
  public record Placement(
      ZeroStage zero,
      ProcessGroup group,
      Device device,
      DType computeType,
      GradientExchange exchange,
      Reductions reductions) {
    /// With no sums under way yet.
    public Placement(
        ZeroStage zero,
        ProcessGroup group,
        Device device,
        DType computeType,
        GradientExchange exchange) {
      this(zero, group, device, computeType, exchange, new Reductions());
    }
  }

  /// @param trainable whether the unit has gradients and optimiser state
  /// @param initial returns each parameter in its shape, on the CPU, in any floating point type
  public ParameterUnit(
      UnitLayout layout, Placement placement, boolean trainable, Function<String, Tensor> initial) {
    this.layout = layout;
    this.zero = placement.zero();
    this.group = placement.group();
    this.device = placement.device();
    this.trainable = trainable;
    DType computeType = placement.computeType();
    this.exactType = computeType == DType.F64 ? DType.F64 : DType.F32;
    long padded = layout.paddedElements(group.size());
    this.partElements = padded / group.size();
    try (Scope _ = new Scope()) {
      Tensor whole = torch.zeros(new long[] {padded}, Tensors.options(exactType)); // [padded]
      for (Slot slot : layout.slots()) {
        try (Scope _ = new Scope()) {
          UnitGradient.slice(whole, slot).copy_(initial.apply(slot.name()));
        }
      }
      Tensor kept = zero.shardsParameters() ? part(whole) : whole; // [padded or part]
      this.compute = Scope.own(copyTo(kept, computeType));
      if (trainable) {
        this.master = Scope.own(masterOf(whole, computeType));
        this.gradient = new UnitGradient(layout, placement, exactType);
        long stateElements = zero.shardsOptimizer() ? partElements : padded;
        this.state =
            new OptimizerState(
                Scope.own(zeros(exactType, stateElements)),
                Scope.own(zeros(exactType, stateElements)));
      } else {
        this.master = null;
        this.gradient = null;
        this.state = null;
      }
    }
  }

  /// Names, shapes and offsets of the parameters.
  public UnitLayout layout() {
    return layout;
  }

  /// Whether the unit has gradients and optimiser state.
  public boolean isTrainable() {
    return trainable;
  }

  /// All parameters of the unit, gathered from the processes. Frees the gathered copy when closed.
  public final class Gathered implements AutoCloseable {
    private final Tensor whole; // [padded]
    private final ProcessGroup.Pending pending;
    private final boolean temporary;

    private Gathered(Tensor whole, ProcessGroup.Pending pending, boolean temporary) {
      this.whole = whole;
      this.pending = pending;
      this.temporary = temporary;
    }

    /// The parameters by name, each in its shape and in the compute type; leaves of the autograd
    /// graph if trainable. Borrowed: they are valid until this object is closed.
    public Map<String, Tensor> parameters() {
      Map<String, Tensor> views = new LinkedHashMap<>();
      for (Slot slot : layout.slots()) {
        Tensor view = UnitGradient.slice(whole, slot).detach();
        views.put(slot.name(), trainable ? view.requires_grad_() : view);
      }
      return views;
    }

    /// Blocks until all parts have arrived.
    public Gathered await() {
      pending.await();
      return this;
    }

    @Override
    public void close() {
      if (temporary) {
        whole.close();
      }
    }
  }

  /// Starts to gather the whole unit (all-gather); does nothing if parameters are not sharded.
  public Gathered gather() {
    if (!zero.shardsParameters()) {
      return new Gathered(compute, ProcessGroup.Pending.DONE, false);
    }
    try (Scope _ = new Scope()) {
      Tensor whole =
          Scope.own(
              torch.empty(
                  new long[] {partElements * group.size()},
                  Tensors.options(Tensors.type(compute), device),
                  null)); // [padded]
      return new Gathered(whole, group.allGather(whole, compute), true);
    }
  }

  /// Adds the gradients of one micro-batch. If gradients are sharded, their sum over the processes
  /// starts, and is waited for when the gradient is used, or a third large one follows.
  ///
  /// @param gradients by parameter name, each in the parameter's shape; a missing one is zero
  public void accumulate(Map<String, Tensor> gradients) {
    gradient.accumulate(gradients);
  }

  /// Adds the gradients of some rows of a matrix in this unit, as [#accumulate].
  ///
  /// @param name of the matrix
  /// @param rows indices of the rows, may repeat, `[n]`
  /// @param gradients [n, columns], in any floating point type; summed in that of the unit
  public void accumulateRows(String name, Tensor rows, Tensor gradients) {
    gradient.accumulateRows(name, rows, gradients);
  }

  /// Says that this micro-batch adds no more gradients to the unit. After the last micro-batch of a
  /// step, their sum over the processes starts, beside the rest of backward. An objective that does
  /// not call it only waits longer, in [#reduceGradients].
  public void complete() {
    if (trainable) {
      gradient.complete();
    }
  }

  /// Starts to sum the gradients over all processes, if [#complete] has not. Call it after the last
  /// micro-batch of a step.
  public void reduceGradients() {
    gradient.reduce();
  }

  /// Sum of the squares of this process's part of the gradient, accumulated in double precision.
  /// Waits for the sums over the processes.
  public double squaredNorm() {
    return gradient.squaredNorm();
  }

  /// Runs an optimiser step, distributes the new weights to all processes and clears the gradients.
  ///
  /// @param factor factor of the gradients, for gradient clipping
  /// @param step counted from 1
  /// @param decay weight decay of the parameters that decay
  public void update(AdamW adam, double factor, long step, double learningRate, double decay) {
    try (Scope _ = new Scope()) {
      Tensor own = gradient.forUpdate(); // [padded or part]
      long start = zero.shardsOptimizer() ? group.rank() * partElements : 0;
      long end = start + own.size(0);
      long border = Math.clamp(layout.decayingElements(), start, end) - start;
      updateRange(adam, own, 0, border, new AdamW.Step(step, learningRate, decay, factor));
      updateRange(
          adam, own, border, end - start - border, new AdamW.Step(step, learningRate, 0, factor));
      copyMasterToCompute();
      gradient.forget();
    }
  }

  /// This process's part of the state in a checkpoint: `weights`, `first_moment`, `second_moment`.
  /// Borrowed views, each [part].
  public Map<String, Tensor> ownState() {
    Map<String, Tensor> parts = new LinkedHashMap<>();
    parts.put("weights", ownPart(master));
    parts.put("first_moment", ownPart(state.first()));
    parts.put("second_moment", ownPart(state.second()));
    return parts;
  }

  /// This process's part of the gradient since the last update. A borrowed view, [part].
  public Tensor ownGradient() {
    return gradient.own();
  }

  /// Whether all weights of this process's part are finite.
  public boolean isFinite() {
    try (Scope _ = new Scope()) {
      return ownPart(master).isfinite().all().item_bool();
    }
  }

  /// Index within the unit of the first element of this process's part.
  public long ownStart() {
    return group.rank() * partElements;
  }

  /// Number of elements in this process's part, without padding.
  public long ownElements() {
    return Math.clamp(layout.elements() - ownStart(), 0, partElements);
  }

  /// Reads a range of a saved tensor: tensor name, first element, number of elements.
  public interface StateReader {
    Tensor read(String what, long start, long elements);
  }

  /// Restores the state that [#ownState] returned, written by any number of processes.
  public void restore(StateReader reader) {
    fill(master, "weights", reader);
    fill(state.first(), "first_moment", reader);
    fill(state.second(), "second_moment", reader);
    copyMasterToCompute();
  }

  /// Bytes of memory that this process uses for the unit between steps.
  public long residentBytes() {
    long bytes = compute.nbytes();
    if (trainable) {
      bytes += gradient.bytes() + state.first().nbytes() + state.second().nbytes();
      bytes += master.is_alias_of(compute) ? 0 : master.nbytes();
    }
    return bytes;
  }

  @Override
  public void close() {
    compute.close();
    if (trainable) {
      master.close();
      gradient.close();
      state.first().close();
      state.second().close();
    }
  }

  private void updateRange(AdamW adam, Tensor own, long start, long length, AdamW.Step step) {
    if (length > 0) {
      adam.update(
          master.narrow(0, start, length),
          own.narrow(0, start, length),
          state.first().narrow(0, start, length),
          state.second().narrow(0, start, length),
          step);
    }
  }

  /// Copies master weights to the compute tensor; gathers it if only optimiser state is sharded.
  private void copyMasterToCompute() {
    try (Scope _ = new Scope()) {
      boolean alias = master.is_alias_of(compute);
      boolean gatherAfter = zero.shardsOptimizer() && !zero.shardsParameters();
      Tensor target = gatherAfter ? part(compute) : compute; // as master
      if (!alias) {
        target.copy_(master);
      }
      if (gatherAfter) {
        group.allGather(compute, target.clone()).await();
      }
    }
  }

  private void fill(Tensor tensor, String what, StateReader reader) {
    boolean whole = tensor.size(0) != partElements;
    long start = whole ? 0 : ownStart();
    long elements = whole ? layout.elements() : ownElements();
    if (elements > 0) {
      try (Scope _ = new Scope()) {
        tensor.narrow(0, 0, elements).copy_(reader.read(what, start, elements));
      }
    }
  }

  private Tensor ownPart(Tensor tensor) {
    return tensor.size(0) == partElements ? tensor : part(tensor);
  }

  /// With fp32 or fp64, master and compute weights share memory; else the master is an exact copy.
  private Tensor masterOf(Tensor whole, DType computeType) {
    if (computeType == exactType) {
      return zero == ZeroStage.OPTIMIZER || zero == ZeroStage.GRADIENTS ? part(compute) : compute;
    }
    return copyTo(zero.shardsOptimizer() ? part(whole) : whole, exactType);
  }

  private Tensor part(Tensor whole) {
    return whole.narrow(0, group.rank() * partElements, partElements);
  }

  private Tensor zeros(DType type, long elements) {
    return torch.zeros(new long[] {elements}, Tensors.options(type, device));
  }

  private Tensor copyTo(Tensor tensor, DType type) {
    return tensor.to(
        device.torchDevice(),
        type.scalarType(),
        false,
        true,
        new org.bytedeco.pytorch.MemoryFormatOptional());
  }
}
