package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import llava4j.train.TrainConfig.LossAverage;
import llava4j.train.TrainConfig.Order;
import llava4j.train.TrainConfig.Pictures;
import llava4j.train.TrainConfig.Precision;
import llava4j.train.shard.ZeroStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigFileTest {
  private final ConfigFile files = new ConfigFile();

  static Stream<String> presets() {
    return Presets.all().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("presets")
  void everyPresetComesBackFromItsFile(String name) {
    TrainConfig config = Presets.named(name);
    assertThat(config.preset()).isEqualTo(name);
    assertThat(files.read(files.write(config))).isEqualTo(config);
    assertThat(files.differences(config, config)).isEmpty();
  }

  @Test
  void valuesOfEachKindAreReplaced() {
    TrainConfig config =
        files.with(
            Presets.named("lora7b"),
            List.of(
                "globalBatch=64",
                "learningRate=1e-3",
                "projectorLearningRate=3e-5",
                "order=shuffled",
                "execution.zero=GRADIENTS",
                "packing=true",
                "maxSteps=17",
                "rank=16",
                "lora.dropout=0"));
    assertThat(config.batching().globalBatch()).isEqualTo(64);
    assertThat(config.optimization().learningRate()).isEqualTo(1e-3);
    assertThat(config.optimization().projectorLearningRate()).hasValue(3e-5);
    assertThat(config.data().order()).isEqualTo(Order.SHUFFLED);
    assertThat(config.execution().zero()).isEqualTo(ZeroStage.GRADIENTS);
    assertThat(config.data().packing()).isTrue();
    assertThat(config.batching().maxSteps()).hasValue(17);
    assertThat(config.lora().rank()).isEqualTo(16);
    assertThat(config.lora().dropout()).isZero();
    assertThat(files.differences(Presets.named("lora7b"), config)).hasSize(9);
  }

  @ParameterizedTest
  @CsvSource({
    "nonsense=3, unknown key 'nonsense'",
    "globalBatch, 'globalBatch' is no override",
    "globalBatch=0, globalBatch is 0; it must be at least 1",
    "globalBatch=many, many",
    "learningRate=-1, learningRate is -1.0; it must be above 0",
    "warmupRatio=1, warmupRatio is 1.0",
    "order=sideways, sideways",
    "activation=keep, activation=keep holds on to whole weights",
    "quantizeBase=true, take a qlora preset",
    "maxLength=1, maxLength is 1",
    "beta1=1, beta1 is 1.0"
  })
  void whatIsWrongIsNamed(String override, String complaint) {
    assertThatThrownBy(() -> files.with(Presets.named("finetune7b"), List.of(override)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(complaint)
        .message()
        .doesNotContain("\n", "Exception", "llava4j.train", "`");
  }

  @Test
  void unknownPresetNamesTheOthers() {
    assertThatThrownBy(() -> Presets.named("finetune70b"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("finetune70b")
        .hasMessageContaining("finetune7b");
  }

  /// Spec 5.1 and 5.7, number by number.
  @ParameterizedTest
  @CsvSource({
    "pretrain7b, 256, 1e-3, CONNECTOR, SQUARE",
    "pretrain13b, 256, 1e-3, CONNECTOR, SQUARE",
    "finetune7b, 128, 2e-5, FULL, PAD",
    "finetune13b, 128, 2e-5, FULL, PAD",
    "finetuneHd7b, 128, 2e-5, FULL, HD",
    "lora7b, 128, 2e-4, ADAPTER, PAD",
    "lora13b, 128, 2e-4, ADAPTER, PAD",
    "qlora7b, 128, 2e-5, ADAPTER, PAD",
    "task, 128, 2e-5, FULL, PAD",
    "taskLora, 128, 2e-4, ADAPTER, PAD"
  })
  void presetsHaveThePapersNumbers(
      String name, int batch, double rate, TrainConfig.Stage stage, Pictures pictures) {
    TrainConfig config = Presets.named(name);
    assertThat(config.batching().globalBatch()).isEqualTo(batch);
    assertThat(config.optimization().learningRate()).isEqualTo(rate);
    assertThat(config.stage()).isEqualTo(stage);
    assertThat(config.data().pictures()).isEqualTo(pictures);
    assertThat(config.batching().epochs()).isEqualTo(1);
    assertThat(config.batching().lossAverage()).isEqualTo(LossAverage.REFERENCE);
    assertThat(config.optimization().warmupRatio()).isEqualTo(0.03);
    assertThat(config.optimization().weightDecay()).isZero();
    assertThat(config.optimization().beta2()).isEqualTo(0.999);
    assertThat(config.optimization().maxGradNorm()).isZero();
    assertThat(config.execution().precision()).isEqualTo(Precision.BF16);
    assertThat(config.trainVisionTower()).isFalse();
    assertThat(config.data().packing()).isFalse();
    assertThat(config.data().maxBad()).isZero();
    assertThat(config.data().order())
        .isEqualTo(stage == TrainConfig.Stage.CONNECTOR ? Order.SHUFFLED : Order.MODALITY_GROUPED);
    assertThat(config.data().maxLength()).isEqualTo(pictures == Pictures.HD ? 4096 : 2048);
  }

  @Test
  void adaptersHaveThePapersNumbers() {
    LoraSettings lora = Presets.named("lora7b").lora();
    assertThat(List.of(lora.rank(), (int) lora.alpha())).containsExactly(128, 256);
    assertThat(lora.dropout()).isEqualTo(0.05);
    assertThat(Presets.named("lora7b").optimization().projectorLearningRate()).hasValue(2e-5);
    assertThat(lora.targets())
        .containsExactlyInAnyOrder(
            "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");
    TrainConfig qlora = Presets.named("qlora13b");
    assertThat(qlora.quantizeBase()).isTrue();
    assertThat(List.of(qlora.lora().rank(), (int) qlora.lora().alpha())).containsExactly(64, 16);
  }
}
