package llava4j.experiment.catalogue;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import llava4j.config.ProjectorConfig;
import llava4j.experiment.catalogue.Kit.Sight;
import llava4j.experiment.design.Arm;
import llava4j.experiment.design.Arm.Asking;
import llava4j.experiment.design.Experiment;
import llava4j.experiment.design.ExperimentName;
import llava4j.experiment.design.Filter;
import llava4j.experiment.design.Measure;
import llava4j.experiment.design.Model;
import llava4j.experiment.design.Rule;
import llava4j.experiment.design.Scale;
import llava4j.experiment.design.Selection;
import llava4j.experiment.design.Skill;

/// Table 2: from LLaVA to LLaVA-1.5.
final class Ladder {
  private static final String FIRST = "LLaVA";
  private static final String WHOLE = "+ text";

  private Ladder() {}

  /// What the rungs so far have added.
  private record Rung(
      Set<Skill> skills, boolean prompted, ProjectorConfig connector, Sight sight, boolean larger) {

    Rung teaching(Skill... more) {
      Set<Skill> all = EnumSet.copyOf(skills);
      all.addAll(List.of(more));
      return new Rung(all, prompted, connector, sight, larger);
    }

    Rung withPrompts() {
      return new Rung(skills, true, connector, sight, larger);
    }

    Rung with(ProjectorConfig other) {
      return new Rung(skills, prompted, other, sight, larger);
    }

    Rung seeing(Sight other) {
      return new Rung(skills, prompted, connector, other, larger);
    }

    Rung enlarged() {
      return new Rung(skills, prompted, connector, sight, true);
    }

    Arm arm(Kit kit, String name, String paper) {
      Selection data = kit.mixture().with(new Filter.Keep(skills));
      if (!prompted) {
        data = data.with(new Filter.Unprompted());
      }
      Model base = larger ? kit.largerBase() : kit.base(sight);
      return new Arm(
          name,
          paper,
          kit.tuned(kit.connected(base, connector), data, kit.tuning()),
          prompted ? Asking.PROMPTED : Asking.UNPROMPTED);
    }
  }

  static Experiment of(Kit kit) {
    List<Arm> arms = new ArrayList<>();
    Rung rung =
        new Rung(
            EnumSet.of(Skill.CONVERSATION), false, new ProjectorConfig.Linear(), Sight.LOW, false);
    arms.add(rung.arm(kit, FIRST, "MME 809.6, MM-Vet 25.5"));
    rung = rung.teaching(Skill.SHORT);
    arms.add(rung.arm(kit, "+ VQA", "GQA 47.0, MME 1197.0, MM-Vet 27.7"));
    rung = rung.withPrompts();
    arms.add(rung.arm(kit, "+ format prompt", "GQA 46.8, MME 1323.8, MM-Vet 26.3"));
    rung = rung.with(new ProjectorConfig.Mlp(2));
    arms.add(rung.arm(kit, "+ MLP connector", "GQA 47.3, MME 1355.2, MM-Vet 27.8"));
    rung = rung.teaching(Skill.READING, Skill.CHOICE);
    arms.add(rung.arm(kit, "+ choices, reading", "GQA 50.0, MME 1377.6, MM-Vet 29.6"));
    rung = rung.teaching(Skill.REGION);
    arms.add(rung.arm(kit, "+ regions", "GQA 50.3, MME 1426.5, MM-Vet 30.8"));
    rung = rung.seeing(Sight.STANDARD);
    arms.add(rung.arm(kit, "+ resolution", "GQA 51.4, MME 1450, MM-Vet 30.3"));
    rung = rung.teaching(Skill.SINGLE);
    arms.add(rung.arm(kit, "+ GQA", "GQA 62.0, MME 1469.2, MM-Vet 30.7"));
    rung = rung.teaching(Skill.TEXT, Skill.TRANSLATION, Skill.FOREIGN);
    arms.add(rung.arm(kit, WHOLE, "GQA 62.0, MME 1510.7, MM-Vet 31.1"));
    if (kit.scale() != Scale.THIRTEEN_B) { // whose language model is the larger one
      arms.add(rung.enlarged().arm(kit, "+ larger LM", "GQA 63.3, MME 1531.3, MM-Vet 36.1"));
    }
    List<Measure> measures =
        kit.scale().isSmall()
            ? List.of(
                Measure.RIGHT,
                Measure.SHORT_ANSWERS,
                Measure.CHOICES,
                Measure.YES_NO,
                Measure.READING,
                Measure.REGIONS)
            : List.of(Measure.GQA, Measure.MME, Measure.MMVET);
    return new Experiment(
        ExperimentName.LADDER,
        kit.scale(),
        "Does each change from LLaVA to LLaVA-1.5 make the model better?",
        kit.scale().isSmall()
            ? "All steps together make the model better, and so does GQA's data alone."
            : "All steps after VQA together raise GQA, and so does GQA's data alone.",
        "Table 2",
        arms,
        measures,
        kit.overall(),
        Rule.all(
            new Rule.More(WHOLE, kit.scale().isSmall() ? FIRST : "+ VQA", kit.overall()),
            new Rule.More("+ GQA", "+ resolution", kit.overall())),
        kit.scale().isSmall()
            ? "Single rungs differ by less than the intervals of a model that has seen so little;"
                + " only the distance between the ends, and the rungs that add whole kinds of"
                + " questions, can be told. The mixture's lessons stand for GQA, and the last rung has"
                + " two blocks more, not twice the parameters."
            : "");
  }
}
