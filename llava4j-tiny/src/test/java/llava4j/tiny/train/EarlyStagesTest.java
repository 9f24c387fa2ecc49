package llava4j.tiny.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import llava4j.text.template.ConversationTemplate;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainConfig.Activation;
import llava4j.train.config.TrainConfig.Precision;
import llava4j.train.config.TrainConfig.Stage;
import llava4j.train.shard.ZeroStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The numbers of the stages before the paper's, written down a second time.
class EarlyStagesTest {
  static Stream<TrainConfig> all() {
    return Stream.of(EarlyStages.tinyText(), EarlyStages.tinyTower());
  }

  @Test
  void namesAreKnownInAnyCaseBesideThePapers() {
    assertThat(EarlyStages.all().keySet()).containsExactly("tinyText", "tinyTower");
    assertThat(Presets.named(EarlyStages.all(), "TINYtower")).isEqualTo(EarlyStages.tinyTower());
    assertThat(Presets.all()).doesNotContainKeys("tinyText", "tinyTower");
  }

  @ParameterizedTest
  @MethodSource("all")
  void whatBothHaveInCommon(TrainConfig config) {
    assertThat(EarlyStages.all().get(config.preset()).get()).isEqualTo(config);
    assertThat(config.data()).isEqualTo(Presets.tinyFinetune().data());
    assertThat(config.data().template()).isEqualTo(ConversationTemplate.VICUNA_V1);
    assertThat(config.data().maxLength()).isEqualTo(2048);
    assertThat(config.lora()).isNull();
    assertThat(config.batching().accumulation(1)).isEqualTo(1);
    assertThat(config.batching().lossAverage()).isEqualTo(TrainConfig.LossAverage.TOKENS);
    assertThat(config.optimization().maxGradNorm()).isEqualTo(1);
    assertThat(config.execution().precision()).isEqualTo(Precision.FP32);
    assertThat(config.execution().zero()).isEqualTo(ZeroStage.NONE);
    assertThat(config.execution().activation()).isEqualTo(Activation.KEEP);
    assertThat(config.execution().seed()).isEqualTo(42);
    assertThat(config.saving()).isEqualTo(new TrainConfig.Saving(200, 2));
  }

  @ParameterizedTest
  @MethodSource("all")
  void theirFilesAreReadBackTheSame(TrainConfig config) {
    ConfigFile file = new ConfigFile();
    assertThat(file.read(file.write(config))).isEqualTo(config);
  }

  @Test
  void theTextsTeachTheLanguageModel() {
    TrainConfig text = EarlyStages.tinyText();
    assertThat(text.stage()).isEqualTo(Stage.FULL);
    assertThat(text.parts().visionTower()).isFalse();
    assertThat(text.batching().globalBatch()).isEqualTo(64);
    assertThat(text.optimization().learningRate()).isEqualTo(1e-3);
    assertThat(text.optimization().weightDecay()).isZero();
    assertThat(text.optimization().beta2()).isEqualTo(0.999);
    assertThat(text.optimization().warmupRatio()).isEqualTo(0.03);
  }

  @Test
  void thePairsTeachTowerAndConnector() {
    TrainConfig tower = EarlyStages.tinyTower();
    assertThat(tower.stage()).isEqualTo(Stage.TOWER);
    assertThat(tower.parts().visionTower()).isTrue();
    assertThat(tower.parts().projector()).isTrue();
    assertThat(tower.parts().languageModel()).isFalse();
    assertThat(tower.batching().globalBatch()).isEqualTo(32);
    assertThat(tower.optimization().learningRate()).isEqualTo(4e-4);
    assertThat(tower.optimization().weightDecay()).isEqualTo(0.05);
    assertThat(tower.optimization().beta2()).isEqualTo(0.98);
    assertThat(tower.optimization().warmupRatio()).isEqualTo(0.05);
  }

  @Test
  void aTowersStepMayBeShared() {
    TrainConfig tower = EarlyStages.tinyTower();
    tower.requireFits(1);
    TrainConfig split = new ConfigFile().with(tower, List.of("deviceBatch=16"));
    split.requireFits(1);
    split.requireFits(2);
    assertThatThrownBy(() -> split.requireFits(3))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("a multiple of 48");
  }
}
