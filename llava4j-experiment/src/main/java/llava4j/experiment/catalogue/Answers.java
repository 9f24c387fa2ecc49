package llava4j.experiment.catalogue;

import java.util.EnumSet;
import java.util.List;
import llava4j.experiment.catalogue.Kit.Sight;
import llava4j.experiment.design.Arm;
import llava4j.experiment.design.Arm.Asking;
import llava4j.experiment.design.Experiment;
import llava4j.experiment.design.ExperimentName;
import llava4j.experiment.design.Filter;
import llava4j.experiment.design.Measure;
import llava4j.experiment.design.Model;
import llava4j.experiment.design.Rule;
import llava4j.experiment.design.Selection;
import llava4j.experiment.design.Selection.Part;
import llava4j.experiment.design.Skill;

/// What the data teach about answering: formats and languages.
final class Answers {
  private static final String WITH = "with prompts";
  private static final String WITHOUT = "without prompts";

  private Answers() {}

  static Experiment formatPrompt(Kit kit) {
    Model connected = kit.connected(kit.base(Sight.STANDARD));
    Model with = kit.tuned(connected, kit.mixture(), kit.tuning());
    Model without = kit.tuned(connected, kit.mixture().with(new Filter.Unprompted()), kit.tuning());
    Selection unseen = kit.mixture().with(new Filter.WithoutLetters());
    String free = "trained with, asked without";
    List<Arm> arms =
        List.of(
            new Arm(WITH, "row 2: GQA 46.8, MME 1323.8, MM-Vet 26.3", with),
            new Arm(free, "", with).asked(Asking.UNPROMPTED),
            new Arm(WITHOUT, "row 1: GQA 47.0, MME 1197.0, MM-Vet 27.7", without)
                .asked(Asking.UNPROMPTED),
            new Arm(
                "no letters in stage 2",
                "VizWiz's \"unanswerable\", never seen: 67.8 % follow the prompt, 11.1 % without",
                kit.tuned(connected, unseen, kit.tuning())));
    boolean small = kit.scale().isSmall();
    return new Experiment(
        ExperimentName.FORMAT_PROMPT,
        kit.scale(),
        "Do sentences that name the wanted format keep short answers from spoiling conversations?",
        small
            ? "Trained with format prompts, the model says more where none asks for brevity, and"
                + " answers questions for a word better, than without them."
            : "Trained with format prompts, the model has a higher MME score.",
        "Section 3.2, Tables 1 and 2",
        arms,
        small
            ? List.of(
                Measure.SHORT_ANSWERS,
                Measure.CHOICES,
                Measure.YES_NO,
                Measure.UNPROMPTED,
                Measure.SHORT_WORDS,
                Measure.FREE_WORDS,
                Measure.LETTERS)
            : List.of(Measure.GQA, Measure.MME, Measure.MMVET, Measure.VIZWIZ),
        small ? Measure.FREE_WORDS : Measure.MME,
        small
            ? Rule.all(
                new Rule.More(WITH, WITHOUT, Measure.FREE_WORDS),
                new Rule.More(WITH, WITHOUT, Measure.SHORT_ANSWERS))
            : new Rule.More(WITH, WITHOUT, Measure.MME),
        small
            ? "The form of an answer is learned early, so that lengths can be compared after few"
                + " steps. Whether the answer is right cannot be told where the model hardly sees. The"
                + " young language model has read format prompts and letters in the texts of stage 0, so"
                + " that without letters in stage 2 they are new about images only, and do not show that"
                + " a prompt never seen is followed. That arm has a fifth fewer samples and steps."
            : "Letters are left out of stage 2 alone; what the language model has read before is not"
                + " known.");
  }

  static Experiment composition(Kit kit) {
    return kit instanceof SmallKit small ? languages(small) : sharedText(kit);
  }

  private static Experiment languages(SmallKit kit) {
    Model connected = kit.connected(kit.base(Sight.STANDARD));
    Selection mixture = kit.mixture().and(Part.TEXTS, kit.sizes().texts());
    EnumSet<Skill> neither = EnumSet.complementOf(EnumSet.of(Skill.FOREIGN, Skill.TRANSLATION));
    EnumSet<Skill> apart = EnumSet.complementOf(EnumSet.of(Skill.FOREIGN));
    List<Arm> arms =
        List.of(
            new Arm(
                "no other language in stage 2",
                "",
                kit.tuned(connected, mixture.with(new Filter.Keep(neither)), kit.tuning())),
            new Arm(
                "other languages in texts alone",
                "MMBench-CN 58.3 (7B), 63.6 (13B) from English images and ShareGPT's texts",
                kit.tuned(connected, mixture.with(new Filter.Keep(apart)), kit.tuning())),
            new Arm(
                "other languages about images", "", kit.tuned(connected, mixture, kit.tuning())));
    return new Experiment(
        ExperimentName.COMPOSITION,
        kit.scale(),
        "Does a model answer about images in a language that it has met in texts alone?",
        "Trained on English images and multilingual texts, the model answers about images in other"
            + " languages.",
        "Section 5.3",
        arms,
        List.of(Measure.FOREIGN, Measure.SHORT_ANSWERS, Measure.RIGHT),
        Measure.FOREIGN,
        new Rule.More(arms.get(1).name(), arms.getFirst().name(), Measure.FOREIGN),
        "The young language model has read a few thousand lines in stage 0, translations among them,"
            + " so that no arm lacks other languages altogether; the paper's had read the web. That"
            + " skills compose is a property of such models, so that a failure here says nothing about"
            + " the paper.");
  }

  private static Experiment sharedText(Kit kit) {
    Model connected = kit.connected(kit.base(Sight.STANDARD));
    EnumSet<Skill> noText = EnumSet.complementOf(EnumSet.of(Skill.TEXT));
    Selection without = kit.mixture().with(new Filter.Keep(noText));
    List<Arm> arms =
        List.of(
            new Arm("without ShareGPT", "", kit.tuned(connected, without, kit.tuning())),
            new Arm(
                "with ShareGPT",
                "MMBench-CN 58.3 (7B), 63.6 (13B)",
                kit.tuned(connected, kit.mixture(), kit.tuning())));
    return new Experiment(
        ExperimentName.COMPOSITION,
        kit.scale(),
        "Do texts in many languages teach answers about images in those languages?",
        "With ShareGPT's texts the model answers about images in languages that no image sample has.",
        "Section 5.3",
        arms,
        List.of(Measure.MMBENCH_CN, Measure.MMBENCH, Measure.MMVET),
        Measure.MMBENCH_CN,
        new Rule.More("with ShareGPT", "without ShareGPT", Measure.MMBENCH_CN),
        "");
  }
}
