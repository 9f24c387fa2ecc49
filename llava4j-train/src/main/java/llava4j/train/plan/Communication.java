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
        Collective reduction =
            zero == ZeroStage.NONE ? Collective.ALL_REDUCE : Collective.REDUCE_SCATTER;
        int reductions = zero.shardsGradients() ? accumulation : 1;
        work.add(new Transfer(Part.GRADIENTS, reduction, padded * exchanged, reductions, false));
        if (zero.shardsOptimizer() && !zero.shardsParameters()) {
          work.add(
              new Transfer(Part.UPDATE, Collective.ALL_GATHER, padded * type.bytes(), 1, false));
        }
      }
    }
    work.add(new Transfer(Part.UPDATE, Collective.ALL_REDUCE, SMALL, SMALL_SUMS, false));
    return work;
  }

  /// A block's weights are on their way while the block before it computes, except those of the
  /// first. The last block keeps its weights between forward and backward.
  private void gathers(List<Work> work, UnitShape unit, double bytes, String first, String last) {
    Collective gather = Collective.ALL_GATHER;
    if (!isOfBlock(unit)) {
      Part part = unit.name().equals("head") ? Part.HEAD : Part.INPUT;
      work.add(new Transfer(part, gather, bytes, accumulation, false));
      return;
    }
    boolean isFirst = number(unit).equals(first);
    work.add(new Transfer(Part.FORWARD, gather, bytes, accumulation, !isFirst));
    if (!number(unit).equals(last)) {
      work.add(new Transfer(Part.BACKWARD, gather, bytes, accumulation, true));
    }
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
