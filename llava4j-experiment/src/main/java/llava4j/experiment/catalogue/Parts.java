package llava4j.experiment.catalogue;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import llava4j.config.ProjectorConfig;
import llava4j.experiment.catalogue.Kit.Sight;
import llava4j.experiment.catalogue.PaperKit.Vicuna;
import llava4j.experiment.design.Arm;
import llava4j.experiment.design.Experiment;
import llava4j.experiment.design.ExperimentName;
import llava4j.experiment.design.Filter;
import llava4j.experiment.design.Measure;
import llava4j.experiment.design.Model;
import llava4j.experiment.design.Rule;
import llava4j.experiment.design.Selection;
import llava4j.experiment.design.Selection.Part;
import llava4j.experiment.design.Skill;

/// The parts of the model: language model and connector.
final class Parts {
  private static final ProjectorConfig MLP = new ProjectorConfig.Mlp(2);

  private Parts() {}

  static Experiment connector(Kit kit) {
    List<Arm> arms = new ArrayList<>();
    for (int layers : List.of(1, 2, 3, 4)) {
      ProjectorConfig connector =
          layers == 1 ? new ProjectorConfig.Linear() : new ProjectorConfig.Mlp(layers);
      Model connected = kit.connected(kit.base(Sight.STANDARD), connector);
      arms.add(
          new Arm(
              layers == 1 ? "linear" : layers + " layers",
              switch (layers) {
                case 1 -> "Table 2: GQA 46.8, MME 1323.8, MM-Vet 26.3";
                case 2 -> "Table 2: GQA 47.3, MME 1355.2, MM-Vet 27.8";
                default -> "";
              },
              kit.tuned(connected, kit.mixture(), kit.tuning())));
    }
    return new Experiment(
        ExperimentName.CONNECTOR,
        kit.scale(),
        "Does a connector of two layers do better than a linear one, and do more layers help?",
        kit.scale().isSmall()
            ? "Two layers are better than a linear connector."
            : "Two layers instead of a linear connector raise GQA.",
        "Section 3.3, Table 2",
        arms,
        kit.scale().isSmall()
            ? List.of(
                Measure.RIGHT, Measure.SHORT_ANSWERS, Measure.CHOICES, Measure.YES_NO, Measure.LOSS)
            : List.of(Measure.GQA, Measure.MME, Measure.MMVET),
        kit.overall(),
        new Rule.More("2 layers", "linear", kit.overall()),
        kit.scale().isSmall()
            ? "All connectors begin with random weights and are trained on the same captions; the base"
                + " brings none. The paper's difference is half a point of GQA, far below what some"
                + " hundred questions can resolve."
            : "");
  }

  static Experiment languageModel(Kit kit) {
    return kit instanceof SmallKit small ? young(small) : vicunas((PaperKit) kit);
  }

  private static Experiment young(SmallKit kit) {
    int blocks = kit.sizes().blocks();
    Selection texts = Selection.all(Part.TEXTS);
    Selection english =
        texts.with(new Filter.Keep(EnumSet.complementOf(EnumSet.of(Skill.TRANSLATION))));
    String read = "base, has read texts";
    String blank = "base, has read nothing";
    List<Arm> arms =
        List.of(
            young(kit, read, kit.withOtherLanguage(blocks, texts)),
            young(kit, blank, kit.withoutTexts()),
            young(kit, "base, English texts alone", kit.withOtherLanguage(blocks, english)),
            young(kit, "two blocks more", kit.withOtherLanguage(blocks + 2, texts)));
    return new Experiment(
        ExperimentName.LANGUAGE_MODEL,
        kit.scale(),
        "What does the language model bring: its size, its texts, its languages?",
        "Bases that have read more text beat those that have read less.",
        "Section 4.4, Figure 3",
        arms,
        List.of(
            Measure.RIGHT,
            Measure.SHORT_ANSWERS,
            Measure.CHOICES,
            Measure.FOREIGN,
            Measure.UNPROMPTED,
            Measure.LOSS),
        Measure.RIGHT,
        new Rule.More(read, blank, Measure.RIGHT),
        "The young language model reads some thousand lines in stage 0, where the paper's read"
            + " trillions of words. All share one vision tower and have a connector with random weights.");
  }

  private static Arm young(SmallKit kit, String name, Model base) {
    return new Arm(name, "", kit.tuned(kit.connected(base, MLP), kit.mixture(), kit.tuning()));
  }

  private static Experiment vicunas(PaperKit kit) {
    List<Arm> arms = new ArrayList<>();
    for (Vicuna one : Vicuna.values()) {
      Model connected = kit.connected(kit.base(Sight.STANDARD, kit.scale(), one));
      arms.add(
          new Arm(
              one.of(kit.scale()),
              one == Vicuna.V1_5 ? "best overall (Figure 3 has no numbers)" : "",
              kit.tuned(connected, kit.mixture(), kit.tuning())));
    }
    return new Experiment(
        ExperimentName.LANGUAGE_MODEL,
        kit.scale(),
        "Which language model is the best base?",
        "Vicuna-1.5 is better than Vicuna-1.3 on MMBench, and better than LLaMA-2-Chat in Chinese.",
        "Section 4.4, Figure 3",
        arms,
        List.of(Measure.MMBENCH, Measure.MMBENCH_CN, Measure.TEXTVQA, Measure.MMVET),
        Measure.MMBENCH,
        Rule.all(
            new Rule.More(
                Vicuna.V1_5.of(kit.scale()), Vicuna.V1_3.of(kit.scale()), Measure.MMBENCH),
            new Rule.More(
                Vicuna.V1_5.of(kit.scale()),
                Vicuna.LLAMA_2_CHAT.of(kit.scale()),
                Measure.MMBENCH_CN)),
        "");
  }
}
