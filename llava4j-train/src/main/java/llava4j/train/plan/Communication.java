package llava4j.train.plan;

import java.util.ArrayList;
import java.util.List;
import llava4j.tensor.DType;
import llava4j.train.config.TrainConfig;
import llava4j.train.model.UnitShape;
import llava4j.train.plan.Work.Collective;
import llava4j.train.plan.Work.Part;
import llava4j.train.plan.Work.Transfer;
import llava4j.train.shard.ZeroStage;

/// The collective operations of a step, as `ParameterUnit` and `BlockStack` call them (ZeRO, arXiv
/// 1910.02054, section 7: what is sent for each stage).
record Communication(TrainConfig config, int processes, int accumulation) {
  /// Sums of a few numbers in a step: counts, loss, norm.
  private static final int SMALL_SUMS = 3;

  private static final int SMALL = 32;

  List<Work> of(List<UnitShape> units) {
    List<Work> work = new ArrayList<>();
    ZeroStage zero = config.execution().zero();
    DType type = config.execution().precision().type();
    DType exact = type == DType.F64 ? DType.F64 : DType.F32;
    int exchanged = config.execution().exchange().type(exact).bytes();
    String first = firstBlock(units);
    String last = lastBlock(units);
    for (UnitShape unit : units) {
      double padded = unit.layout().paddedElements(processes);
      if (zero.shardsParameters()) {
        gathers(work, unit, padded * type.bytes(), first, last);
      }
      if (unit.trainable()) {
        reductions(work, padded * exchanged, zero, comesLast(unit, first));
        if (zero.shardsOptimizer() && !zero.shardsParameters()) {
          work.add(new Transfer(Part.UPDATE, Collective.ALL_GATHER, padded * type.bytes(), 1, 0));
        }
      }
    }
    work.add(new Transfer(Part.UPDATE, Collective.ALL_REDUCE, SMALL, SMALL_SUMS, 0));
    return work;
  }

  /// A block's weights are on their way while the block before it computes, except those of the
  /// first. The last block keeps its weights between forward and backward.
  private void gathers(List<Work> work, UnitShape unit, double bytes, String first, String last) {
    Collective gather = Collective.ALL_GATHER;
    if (!isOfBlock(unit)) {
      Part part = unit.name().equals("head") ? Part.HEAD : Part.INPUT;
      work.add(new Transfer(part, gather, bytes, accumulation, 0));
      return;
    }
    boolean isFirst = number(unit).equals(first);
    work.add(new Transfer(Part.FORWARD, gather, bytes, accumulation, isFirst ? 0 : 1));
    if (!number(unit).equals(last)) {
      work.add(new Transfer(Part.BACKWARD, gather, bytes, accumulation, 1));
    }
  }

  /// Gradients are summed while backward goes on with the blocks below. Those that come last have
  /// nothing to hide behind but the next micro-batch.
  private void reductions(List<Work> work, double bytes, ZeroStage zero, boolean last) {
    Collective kind = zero == ZeroStage.NONE ? Collective.ALL_REDUCE : Collective.REDUCE_SCATTER;
    int times = zero.shardsGradients() ? accumulation : 1;
    if (!last) {
      work.add(new Transfer(Part.BACKWARD, kind, bytes, times, (double) times / accumulation));
      return;
    }
    if (times > 1) {
      work.add(new Transfer(Part.FORWARD, kind, bytes, times - 1, (times - 1.0) / accumulation));
    }
    work.add(new Transfer(Part.GRADIENTS, kind, bytes, 1, 0));
  }

  /// Whether the gradients are computed after those of all blocks but the first.
  private static boolean comesLast(UnitShape unit, String first) {
    return isOfBlock(unit) ? number(unit).equals(first) : !unit.name().equals("head");
  }

  private static String firstBlock(List<UnitShape> units) {
    return units.stream()
        .filter(Communication::isOfBlock)
        .map(Communication::number)
        .findFirst()
        .orElseThrow();
  }

  private static String lastBlock(List<UnitShape> units) {
    return units.reversed().stream()
        .filter(Communication::isOfBlock)
        .map(Communication::number)
        .findFirst()
        .orElseThrow();
  }

  private static boolean isOfBlock(UnitShape unit) {
    return unit.name().startsWith("language_model.layers.") || unit.name().startsWith("lora.");
  }

  private static String number(UnitShape unit) {
    return unit.name().substring(unit.name().lastIndexOf('.') + 1);
  }
}
