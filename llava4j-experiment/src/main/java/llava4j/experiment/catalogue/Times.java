package llava4j.experiment.catalogue;

import java.util.ArrayList;
import java.util.List;
import llava4j.experiment.catalogue.Kit.Sight;
import llava4j.experiment.catalogue.Kit.Tuning;
import llava4j.experiment.design.Arm;
import llava4j.experiment.design.Experiment;
import llava4j.experiment.design.ExperimentName;
import llava4j.experiment.design.Filter;
import llava4j.experiment.design.Measure;
import llava4j.experiment.design.Model;
import llava4j.experiment.design.Rule;
import llava4j.experiment.design.Selection;
import llava4j.experiment.design.Selection.Part;
import llava4j.train.config.TrainConfig.Order;

/// How long training takes.
final class Times {
  private static final int LEGS = 4;

  private Times() {}

  static Experiment grouping(Kit kit) {
    Model connected = kit.connected(kit.base(Sight.STANDARD));
    Selection data =
        kit instanceof SmallKit small
            ? kit.mixture().and(Part.TEXTS, small.sizes().lessons())
            : kit.mixture();
    Tuning timed = kit.tuning().timedAlone();
    Model grouped = kit.tuned(connected, data, timed.ordered(Order.MODALITY_GROUPED));
    Model shuffled = kit.tuned(connected, data, timed.ordered(Order.SHUFFLED));
    List<Arm> arms =
        List.of(
            new Arm("shuffled", "", shuffled),
            new Arm("grouped", "25 % faster, same quality", grouped));
    return new Experiment(
        ExperimentName.GROUPING,
        kit.scale(),
        "Is training faster if a batch has either images or text alone?",
        "Training with batches of one modality is faster, and its result no worse.",
        "Appendix A.1",
        arms,
        kit.scale().isSmall()
            ? List.of(Measure.SECONDS, Measure.LOSS, Measure.RIGHT)
            : List.of(Measure.SECONDS, Measure.LOSS, Measure.GQA),
        Measure.SECONDS,
        Rule.all(
            new Rule.More("shuffled", "grouped", Measure.SECONDS),
            new Rule.AtLeast("grouped", 0.98, "shuffled", kit.overall())),
        kit.scale().isSmall()
            ? "An image has 36 tokens here and 576 in the paper, so that much less is padded where"
                + " images and text meet. Seconds depend on the machine and on what else it does."
            : "");
  }

  static Experiment speedrun(Kit kit) {
    return kit instanceof SmallKit small ? legs(small) : paper(kit);
  }

  /// Runs that go on from each other at a constant rate.
  private static Experiment legs(SmallKit kit) {
    int samples = kit.sizes().instructions() + kit.sizes().lessons();
    int steps = Math.max(1, samples / kit.sizes().batch() / LEGS);
    Model model = kit.connected(kit.base(Sight.STANDARD));
    List<Arm> arms = new ArrayList<>();
    for (int i = 1; i <= LEGS; i++) {
      model = kit.leg(model, steps, new Filter.Slice(i, LEGS));
      arms.add(new Arm(i * steps + " steps", "", model));
    }
    return new Experiment(
        ExperimentName.SPEEDRUN,
        kit.scale(),
        "How long does training take to a held-out score?",
        "Both stages of LLaVA-1.5-13B take about a day on 8 A100.",
        "Section 3.3",
        arms,
        List.of(
            Measure.SECONDS, Measure.RIGHT, Measure.SHORT_ANSWERS, Measure.YES_NO, Measure.LOSS),
        Measure.RIGHT,
        new Rule.NoClaim(
            "The paper's day on 8 A100 is of another model on another machine; the table shows when"
                + " each score was reached here."),
        "The seconds are those of stages 1 and 2; the young base comes on top and is shared.");
  }

  private static Experiment paper(Kit kit) {
    Model connected = kit.connected(kit.base(Sight.STANDARD));
    Model tuned = kit.tuned(connected, kit.mixture(), kit.tuning().timedAlone());
    return new Experiment(
        ExperimentName.SPEEDRUN,
        kit.scale(),
        "How long does training take to a held-out score?",
        "Both stages of LLaVA-1.5-13B take about a day on 8 A100.",
        "Section 3.3",
        List.of(new Arm("both stages", "about a day on 8 A100 (13B)", tuned)),
        List.of(Measure.SECONDS, Measure.GQA),
        Measure.SECONDS,
        new Rule.NoClaim("A time is compared by hand: it depends on the GPUs."),
        "");
  }
}
