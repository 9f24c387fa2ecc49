package llava4j.train.forecast;

import llava4j.config.LlavaConfig;
import llava4j.config.TextConfig;
import llava4j.config.VisionConfig;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainConfig.Activation;
import llava4j.train.model.UnitShape;
import llava4j.train.shard.Reductions;
import llava4j.train.shard.ZeroStage;

/// Memory that exists only within a step: activations, and copies of gradients on their way.
///
/// A step has phases that do not overlap: the vision tower, the head, the backward pass of each
/// unit. Each adds to what is kept for backward; the largest decides.
final class StepMemory {
  /// Tensors of a block's width that its graph keeps, and those of the feed-forward's width.
  private static final int KEPT_HIDDEN = 13;

  private static final int KEPT_WIDE = 5;

  /// More of each kind while gradients flow through the block.
  private static final int FLOWING_HIDDEN = 4;

  private static final int FLOWING_WIDE = 3;

  private final TrainConfig config;
  private final LlavaConfig model;
  private final int processes;
  private final Device device;
  private final BatchShape batch;
  private final DType type;

  StepMemory(
      TrainConfig config, LlavaConfig model, int processes, Device device, BatchShape batch) {
    this.config = config;
    this.model = model;
    this.processes = processes;
    this.device = device;
    this.batch = batch;
    this.type = config.execution().precision().type();
  }

  /// @param activations bytes of the largest phase's activations
  /// @param buffers bytes of the largest phase's gradients on their way and gathered weights
  record Peak(long activations, long buffers) {
    private long sum() {
      return activations + buffers;
    }

    private Peak orLarger(Peak other) {
      return other.sum() > sum() ? other : this;
    }
  }

  /// The largest phase.
  Peak peak(Iterable<UnitShape> units) {
    boolean runsDecoder = config.stage() != TrainConfig.Stage.TOWER;
    Peak peak = new Peak(towerActivations(), 0);
    long trained = 0;
    for (UnitShape unit : units) {
      trained += unit.trainable() ? unit.elements() : 0;
    }
    for (UnitShape unit : units) {
      boolean head = unit.name().equals("head");
      long activations =
          !runsDecoder ? towerActivations() : kept() + block() + (head ? logits() : flowing());
      peak = peak.orLarger(new Peak(activations, buffers(unit, head, trained)));
    }
    return peak;
  }

  private long exact() {
    return type == DType.F64 ? DType.F64.bytes() : DType.F32.bytes();
  }

  private long hidden() {
    return batch.rows() * model.text().dim() * type.bytes();
  }

  /// What forward keeps of all blocks for backward, and the images' rows.
  private long kept() {
    TextConfig text = model.text();
    long angles = 2L * batch.rows() * text.headDim() * type.bytes();
    long imageRows =
        batch.views()
            * model.vision().rowsPerView()
            * (model.vision().dim() + 3L * text.dim())
            * type.bytes();
    boolean keep = config.execution().activation() == Activation.KEEP;
    long each = keep ? hidden() + block() : hidden();
    return text.numLayers() * each + angles + imageRows - (keep ? block() : 0);
  }

  /// The graph of one block.
  private long block() {
    TextConfig text = model.text();
    boolean fused = type != DType.BF16 || !(device instanceof Device.Cpu);
    long scores = fused ? 0 : 2L * type.bytes() * batch.rows() * batch.tokens() * text.numHeads();
    long wideNorms = type == DType.BF16 ? 2L * batch.rows() * text.dim() * exact() : 0;
    return KEPT_HIDDEN * hidden() + KEPT_WIDE * wide() + scores + wideNorms;
  }

  private long wide() {
    return batch.rows() * model.text().intermediateDim() * type.bytes();
  }

  private long flowing() {
    return FLOWING_HIDDEN * hidden() + FLOWING_WIDE * wide();
  }

  private long logits() {
    long rows = Math.min(batch.supervised(), config.batching().lossRows());
    long narrow = type.bytes() == exact() ? 0 : 2L * type.bytes();
    return rows * model.text().vocab() * (2 * exact() + narrow) + 2 * hidden();
  }

  private long towerActivations() {
    VisionConfig vision = model.vision();
    DType computed = config.parts().visionTower() ? type : device.computeType();
    long rows = batch.views() * (vision.numPatches() + 1);
    long block = rows * (6L * vision.dim() + 2L * vision.intermediateDim()) * computed.bytes();
    return config.parts().visionTower() ? 2L * vision.layersToRun() * block : block;
  }

  /// Gradients of one unit as autograd returns them, those on their way to the other processes, and
  /// the weights that are gathered meanwhile: this unit's and the next one's.
  private long buffers(UnitShape unit, boolean head, long trained) {
    ZeroStage zero = config.execution().zero();
    long gathered = zero.shardsParameters() ? 2 * unit.elements() * type.bytes() : 0;
    if (!unit.trainable()) {
      return gathered;
    }
    long own = unit.elements() * (head ? exact() : type.bytes());
    return gathered + own + travelling(unit.elements(), trained, zero);
  }

  /// The gradients on their way: those of two units, or of more small ones. Gloo sends a copy of
  /// what NCCL sends itself.
  private long travelling(long elements, long trained, ZeroStage zero) {
    boolean gloo = device instanceof Device.Cpu;
    DType sent = config.execution().exchange().type(type == DType.F64 ? DType.F64 : DType.F32);
    long underWay =
        processes == 1
            ? 0
            : Math.min(
                trained * sent.bytes(),
                Math.max(Reductions.LARGE * elements * sent.bytes(), Reductions.SMALL_BYTES));
    return switch (zero) {
      case NONE -> sent.bytes() == exact() ? 0 : underWay;
      case OPTIMIZER -> gloo || sent.bytes() != exact() ? underWay : 0;
      case GRADIENTS, PARAMETERS ->
          gloo ? elements * exact() + underWay : Math.max(elements * exact(), underWay);
    };
  }
}
