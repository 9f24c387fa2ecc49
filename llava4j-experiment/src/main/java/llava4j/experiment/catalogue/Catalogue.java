package llava4j.experiment.catalogue;

import llava4j.experiment.design.Experiment;
import llava4j.experiment.design.ExperimentName;
import llava4j.experiment.design.Scale;
import llava4j.train.config.TrainConfig.Precision;

/// All experiments.
public final class Catalogue {
  private Catalogue() {}

  /// An experiment at one scale.
  ///
  /// @param precision of training at tiny scale; the other scales have their own
  public static Experiment of(ExperimentName name, Scale scale, Precision precision) {
    Kit kit =
        switch (scale) {
          case SMOKE -> SmallKit.smoke();
          case TINY -> SmallKit.tiny(precision);
          case SEVEN_B, THIRTEEN_B -> new PaperKit(scale);
        };
    return switch (name) {
      case LADDER -> Ladder.of(kit);
      case FORMAT_PROMPT -> Answers.formatPrompt(kit);
      case COMPOSITION -> Answers.composition(kit);
      case DATA_EFFICIENCY -> Mixtures.dataEfficiency(kit);
      case SAMPLING -> Mixtures.sampling(kit);
      case EPOCHS -> Mixtures.epochs(kit);
      case RESOLUTION -> Sights.resolution(kit);
      case HALLUCINATION -> Sights.hallucination(kit);
      case HD -> Sights.hd(kit);
      case LANGUAGE_MODEL -> Parts.languageModel(kit);
      case CONNECTOR -> Parts.connector(kit);
      case GROUPING -> Times.grouping(kit);
      case SPEEDRUN -> Times.speedrun(kit);
    };
  }
}
