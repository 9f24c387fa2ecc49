package llava4j.experiment.catalogue;

import java.util.ArrayList;
import java.util.List;
import llava4j.experiment.catalogue.Kit.Sight;
import llava4j.experiment.design.Arm;
import llava4j.experiment.design.Experiment;
import llava4j.experiment.design.ExperimentName;
import llava4j.experiment.design.Filter;
import llava4j.experiment.design.Measure;
import llava4j.experiment.design.Model;
import llava4j.experiment.design.Rule;
import llava4j.experiment.design.Selection;
import llava4j.experiment.design.Skill;

/// How much of which data, and how often.
final class Mixtures {
  private static final List<Integer> SHARES = List.of(10, 25, 50, 75, 100);

  private Mixtures() {}

  static Experiment dataEfficiency(Kit kit) {
    Model connected = kit.connected(kit.base(Sight.STANDARD));
    List<Arm> arms = new ArrayList<>();
    for (int share : SHARES) {
      Selection data =
          share == 100 ? kit.mixture() : kit.mixture().with(new Filter.Share(share / 100.0));
      arms.add(
          new Arm(
              share + " %",
              switch (share) {
                case 50 -> "more than 98 % of the whole's scores";
                case 100 -> "GQA 62.0, MME 1510.7 (7B)";
                default -> "";
              },
              kit.tuned(connected, data, kit.tuning())));
    }
    return new Experiment(
        ExperimentName.DATA_EFFICIENCY,
        kit.scale(),
        "How much of the mixture is enough?",
        kit.scale().isSmall()
            ? "Half of the mixture keeps at least 98 % of the score."
            : "Half of the mixture keeps at least 98 % of GQA's score.",
        "Section 5.1, Figure 4",
        arms,
        general(kit),
        kit.overall(),
        new Rule.AtLeast("50 %", 0.98, "100 %", kit.overall()),
        kit.scale().isSmall()
            ? "One pass over less data is also fewer steps. The paper's language model knows language"
                + " before stage 2 and has thousands of steps even with half of the data; the young model"
                + " has some hundred, and is still learning when they end. So less data should cost it"
                + " more than it cost the paper's model."
            : "");
  }

  static Experiment sampling(Kit kit) {
    Model connected = kit.connected(kit.base(Sight.STANDARD));
    List<Arm> arms = new ArrayList<>();
    arms.add(new Arm("as mixed", "", kit.tuned(connected, kit.mixture(), kit.tuning())));
    arms.add(weighed(kit, connected, "half the single questions", Skill.SINGLE, 0.5));
    arms.add(weighed(kit, connected, "twice the single questions", Skill.SINGLE, 2));
    arms.add(weighed(kit, connected, "twice the regions", Skill.REGION, 2));
    return new Experiment(
        ExperimentName.SAMPLING,
        kit.scale(),
        "What do other weights of the mixture's parts change?",
        "The paper gives one mixture (665K) and caps single sources without comparing.",
        "Section 3.3, Table 7",
        arms,
        general(kit),
        kit.overall(),
        new Rule.NoClaim("The paper compares no other weights."),
        kit.scale().isSmall()
            ? "Twice of a part is also more steps, so that parts and time cannot be told apart."
            : "");
  }

  private static Arm weighed(Kit kit, Model connected, String name, Skill skill, double times) {
    Selection data = kit.mixture().with(new Filter.Weighed(skill, times));
    return new Arm(name, "", kit.tuned(connected, data, kit.tuning()));
  }

  static Experiment epochs(Kit kit) {
    Model connected = kit.connected(kit.base(Sight.STANDARD));
    boolean small = kit.scale().isSmall();
    Selection data = small ? kit.mixture().with(new Filter.Share(0.5)) : kit.mixture();
    List<Arm> arms = new ArrayList<>();
    for (int epochs : List.of(1, 2, 3)) {
      arms.add(
          new Arm(
              epochs == 1 ? "1 pass" : epochs + " passes",
              epochs == 1 ? "GQA 62.0, MME 1510.7 (7B)" : "",
              kit.tuned(connected, data, kit.tuning().repeated(epochs))));
    }
    return new Experiment(
        ExperimentName.EPOCHS,
        kit.scale(),
        "Does a second or third pass over the data help?",
        "The paper trains for one epoch and does not compare.",
        "Table 9",
        arms,
        general(kit),
        kit.overall(),
        new Rule.NoClaim("The paper trains one epoch and reports no other."),
        small
            ? "More passes are also more steps; a model that is still learning gains from every one."
            : "");
  }

  private static List<Measure> general(Kit kit) {
    return kit.scale().isSmall()
        ? List.of(
            Measure.RIGHT,
            Measure.SHORT_ANSWERS,
            Measure.CHOICES,
            Measure.YES_NO,
            Measure.REGIONS,
            Measure.LOSS)
        : List.of(
            Measure.GQA,
            Measure.VQAV2,
            Measure.SCIENCEQA,
            Measure.TEXTVQA,
            Measure.POPE,
            Measure.MME,
            Measure.MMBENCH);
  }
}
