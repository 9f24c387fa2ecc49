package llava4j.experiment.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import llava4j.error.BadInputException;
import llava4j.experiment.design.Arm;
import llava4j.experiment.design.Experiment;
import llava4j.experiment.design.ExperimentName;
import llava4j.experiment.design.Model;
import llava4j.experiment.design.Scale;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CatalogueTest {

  private static Experiment of(ExperimentName name, Scale scale) {
    return Catalogue.of(name, scale, Precision.FP32);
  }

  @ParameterizedTest
  @EnumSource(ExperimentName.class)
  void everyExperimentExistsAtEveryScale(ExperimentName name) {
    for (Scale scale : Scale.values()) {
      Experiment experiment = of(name, scale);
      assertThat(experiment.name()).isEqualTo(name);
      assertThat(experiment.arms()).isNotEmpty();
      assertThat(experiment.arms().stream().map(arm -> experiment.settings(arm, 1)))
          .doesNotHaveDuplicates();
      assertThat(experiment.claim()).endsWith(".");
      assertThat(experiment.question()).endsWith("?");
    }
  }

  @Test
  void theSameExperimentHasTheSameModels() {
    assertThat(of(ExperimentName.LADDER, Scale.TINY))
        .isEqualTo(of(ExperimentName.LADDER, Scale.TINY));
  }

  @Test
  void armsShareBaseAndStageOne() {
    Experiment experiment = of(ExperimentName.DATA_EFFICIENCY, Scale.TINY);
    List<String> parents =
        experiment.arms().stream().map(arm -> parent(arm.model().seeded(3)).key()).toList();
    assertThat(parents).hasSize(5).containsOnly(parents.getFirst());
  }

  @Test
  void experimentsShareWhatIsTheSame() {
    Model whole = of(ExperimentName.DATA_EFFICIENCY, Scale.TINY).arm("100 %").model();
    Model prompted = of(ExperimentName.FORMAT_PROMPT, Scale.TINY).arm("with prompts").model();
    assertThat(whole.seeded(2).key()).isEqualTo(prompted.seeded(2).key());
  }

  @Test
  void seedsChangeTheStagesButNotTheBase() {
    Arm arm = of(ExperimentName.CONNECTOR, Scale.TINY).arm("linear");
    List<Model> one = arm.model().seeded(1).lineage();
    List<Model> two = arm.model().seeded(2).lineage();
    assertThat(one).hasSize(5).hasSameSizeAs(two);
    assertThat(one.subList(0, 3)).isEqualTo(two.subList(0, 3));
    assertThat(one.get(3).key()).isNotEqualTo(two.get(3).key());
    assertThat(one.get(4).key()).isNotEqualTo(two.get(4).key());
  }

  @Test
  void theLadderHasTheTableRows() {
    Experiment paper = of(ExperimentName.LADDER, Scale.SEVEN_B);
    assertThat(paper.arms()).hasSize(10);
    assertThat(paper.arm("+ GQA").paper()).contains("62.0", "1469.2", "30.7");
    Model.Published first = (Model.Published) paper.arms().getFirst().model().lineage().getFirst();
    Model.Published last = (Model.Published) paper.arms().getLast().model().lineage().getFirst();
    assertThat(first.tower()).isEqualTo("openai/clip-vit-large-patch14");
    assertThat(first.projector()).hasToString("linear");
    assertThat(last.tower()).isEqualTo("openai/clip-vit-large-patch14-336");
    assertThat(last.languageModel()).isEqualTo("lmsys/vicuna-13b-v1.5");
  }

  @Test
  void presetsOfThePaperKeepTheirHyperparameters() {
    Model.Trained tuned =
        (Model.Trained) of(ExperimentName.SPEEDRUN, Scale.THIRTEEN_B).arms().getFirst().model();
    assertThat(tuned.config().preset()).isEqualTo("finetune13b");
    assertThat(tuned.config().optimization().learningRate()).isEqualTo(2e-5);
    assertThat(tuned.config().batching().globalBatch()).isEqualTo(128);
  }

  @Test
  void smallRunsKeepFewCheckpointsAndThePapersAsTheirPresets() {
    Model.Trained paper =
        (Model.Trained) of(ExperimentName.GROUPING, Scale.SEVEN_B).arms().getFirst().model();
    assertThat(paper.config().saving()).isEqualTo(Presets.named("finetune7b").saving());
    Model.Trained small =
        (Model.Trained) of(ExperimentName.GROUPING, Scale.TINY).arms().getFirst().model();
    assertThat(small.config().saving().keepLast()).isEqualTo(1);
  }

  @Test
  void theLegsOfTheSpeedrunTakeDifferentSamples() {
    assertThat(
            of(ExperimentName.SPEEDRUN, Scale.TINY).arms().stream()
                .map(arm -> ((Model.Trained) arm.model()).data().description()))
        .hasSize(4)
        .doesNotHaveDuplicates()
        .allMatch(data -> data.contains("filters of format"));
  }

  @Test
  void noArmOfTheCompositionLosesItsOtherTexts() {
    Experiment composition = of(ExperimentName.COMPOSITION, Scale.TINY);
    Model.Trained first = (Model.Trained) composition.arms().getFirst().model();
    assertThat(first.data().description())
        .contains(", text")
        .doesNotContain("foreign", "translations");
  }

  @Test
  void unknownNamesAreRefusedWithTheKnownOnes() {
    assertThatThrownBy(() -> ExperimentName.of("laddder"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("laddder")
        .hasMessageContaining("ladder, format-prompt");
    assertThatThrownBy(() -> Scale.of("30b"))
        .isInstanceOf(BadInputException.class)
        .hasMessage("unknown scale '30b': use one of smoke, tiny, 7b, 13b");
  }

  private static Model parent(Model model) {
    return ((Model.Trained) model).parent();
  }
}
