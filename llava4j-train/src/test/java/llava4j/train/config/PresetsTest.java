package llava4j.train.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import llava4j.image.ImageMode;
import llava4j.text.template.ConversationTemplate;
import llava4j.train.config.TrainConfig.Activation;
import llava4j.train.config.TrainConfig.Images;
import llava4j.train.config.TrainConfig.Order;
import llava4j.train.config.TrainConfig.Precision;
import llava4j.train.config.TrainConfig.Stage;
import llava4j.train.optim.LearningRateSchedule;
import llava4j.train.shard.ZeroStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The values of the paper's Table 9 and of `scripts/v1_5` (spec 5.1, 5.7), independently of the
/// presets.
class PresetsTest {
  private static final long STAGE_1_SAMPLES = 558_128;
  private static final long STAGE_2_SAMPLES = 665_298;

  static Stream<String> ofThePaper() {
    return Presets.all().keySet().stream().filter(name -> !name.startsWith("tiny"));
  }

  static Stream<String> all() {
    return Presets.all().keySet().stream();
  }

  @Test
  void allNamesAreThere() {
    assertThat(Presets.all().keySet())
        .containsExactly(
            "pretrain7b",
            "finetune7b",
            "finetuneHd7b",
            "lora7b",
            "qlora7b",
            "pretrain13b",
            "finetune13b",
            "finetuneHd13b",
            "lora13b",
            "qlora13b",
            "task",
            "taskLora",
            "tinyPretrain",
            "tinyFinetune",
            "tinyLora");
  }

  @ParameterizedTest
  @MethodSource("all")
  void everyPresetKnowsItsNameAndLearnsTheConnector(String name) {
    TrainConfig config = Presets.named(name);
    assertThat(config.preset()).isEqualTo(name);
    assertThat(config.parts().projector()).isTrue();
    assertThat(config.parts().visionTower()).isFalse();
    assertThat(config.data().packing()).isFalse();
    assertThat(config.data().maxBad()).isZero();
  }

  @ParameterizedTest
  @MethodSource("ofThePaper")
  void whatAllOfThePaperHaveInCommon(String name) {
    TrainConfig config = Presets.named(name);
    TrainConfig.Optimization optimization = config.optimization();
    assertThat(optimization.beta1()).isEqualTo(0.9);
    assertThat(optimization.beta2()).isEqualTo(0.999);
    assertThat(optimization.epsilon()).isEqualTo(1e-8);
    assertThat(optimization.weightDecay()).isZero();
    assertThat(optimization.schedule()).isEqualTo(LearningRateSchedule.COSINE);
    assertThat(optimization.warmupRatio()).isEqualTo(0.03);
    assertThat(optimization.maxGradNorm()).as("clipping").isZero();
    assertThat(config.batching().epochs()).isEqualTo(1);
    assertThat(config.batching().maxSteps()).isEmpty();
    assertThat(config.batching().accumulation(8)).as("on 8 GPUs").isEqualTo(1);
    assertThat(config.execution().precision()).isEqualTo(Precision.BF16);
    assertThat(config.execution().activation()).isEqualTo(Activation.RECOMPUTE);
    assertThat(config.execution().seed()).isEqualTo(42);
    assertThat(config.saving().keepLast()).isEqualTo(1);
    assertThat(config.data().prefetch()).isEqualTo(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"pretrain7b", "pretrain13b"})
  void stage1IsTable9(String name) {
    TrainConfig config = Presets.named(name);
    assertThat(config.stage()).isEqualTo(Stage.CONNECTOR);
    assertThat(config.parts().languageModel()).isFalse();
    assertThat(config.data().template()).isEqualTo(ConversationTemplate.PLAIN);
    assertThat(config.data().images().mode(336)).isInstanceOf(ImageMode.Square.class);
    assertThat(config.data().order()).isEqualTo(Order.SHUFFLED);
    assertThat(config.data().maxLength()).isEqualTo(2048);
    assertThat(config.batching().globalBatch()).isEqualTo(256);
    assertThat(config.batching().deviceBatch()).isEqualTo(32);
    assertThat(config.optimization().learningRate()).isEqualTo(1e-3);
    assertThat(config.execution().zero().number()).isEqualTo(2);
    assertThat(config.saving().saveEvery()).isEqualTo(24_000);
    assertThat(config.batching().steps(STAGE_1_SAMPLES)).isEqualTo(2181);
  }

  @ParameterizedTest
  @ValueSource(strings = {"finetune7b", "finetune13b", "task"})
  void stage2IsTable9(String name) {
    TrainConfig config = Presets.named(name);
    assertThat(config.stage()).isEqualTo(Stage.FULL);
    assertThat(config.parts().languageModel()).isTrue();
    assertThat(config.lora()).isNull();
    assertThat(config.quantizeBase()).isFalse();
    assertConversations(config, Images.PAD, 2048);
    assertThat(config.optimization().learningRate()).isEqualTo(2e-5);
    assertThat(config.optimization().projectorLearningRate()).isEmpty();
    assertThat(config.execution().zero().number()).isEqualTo(3);
    assertThat(config.batching().steps(STAGE_2_SAMPLES)).isEqualTo(5198);
  }

  @ParameterizedTest
  @ValueSource(strings = {"finetuneHd7b", "finetuneHd13b"})
  void highDefinitionDiffersInImagesAndRoomAlone(String name) {
    TrainConfig config = Presets.named(name);
    assertConversations(config, Images.HD, 4096);
    assertThat(config.data().images().mode(224)).isInstanceOf(ImageMode.Hd.class);
    assertThat(new ConfigFile().differences(Presets.finetune(name), config))
        .containsExactly("data.images: \"PAD\" -> \"HD\"", "data.maxLength: 2048 -> 4096");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lora7b", "lora13b", "taskLora"})
  void adaptersAreThoseOfTheScript(String name) {
    TrainConfig config = Presets.named(name);
    assertThat(config.stage()).isEqualTo(Stage.ADAPTER);
    assertThat(config.parts().languageModel()).isFalse();
    assertThat(config.parts().lora()).isEqualTo(config.lora());
    assertThat(config.lora().rank()).isEqualTo(128);
    assertThat(config.lora().alpha()).isEqualTo(256);
    assertThat(config.lora().scale()).isEqualTo(2);
    assertThat(config.lora().dropout()).isEqualTo(0.05);
    assertThat(config.lora().targets())
        .containsExactlyInAnyOrder(
            "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");
    assertThat(config.quantizeBase()).isFalse();
    assertConversations(config, Images.PAD, 2048);
    assertThat(config.optimization().learningRate()).isEqualTo(2e-4);
    assertThat(config.optimization().projectorLearningRate()).hasValue(2e-5);
    assertThat(config.execution().zero()).isEqualTo(ZeroStage.PARAMETERS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"qlora7b", "qlora13b"})
  void adaptersOnFourBitsAreThoseOfTheOldScript(String name) {
    TrainConfig config = Presets.named(name);
    assertThat(config.stage()).isEqualTo(Stage.ADAPTER);
    assertThat(config.quantizeBase()).isTrue();
    assertThat(config.lora().rank()).isEqualTo(64);
    assertThat(config.lora().alpha()).isEqualTo(16);
    assertThat(config.lora().dropout()).isEqualTo(0.05);
    assertThat(config.optimization().learningRate()).isEqualTo(2e-5);
    assertThat(config.execution().zero().number()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"tinyPretrain,CONNECTOR,1e-3", "tinyFinetune,FULL,2e-4", "tinyLora,ADAPTER,2e-4"})
  void tinyPresetsTrainOnAProcessor(String name, Stage stage, double rate) {
    TrainConfig config = Presets.named(name);
    assertThat(config.stage()).isEqualTo(stage);
    assertThat(config.optimization().learningRate()).isEqualTo(rate);
    assertThat(config.execution().precision()).isEqualTo(Precision.FP32);
    assertThat(config.execution().zero()).isEqualTo(ZeroStage.NONE);
    assertThat(config.batching().accumulation(1)).isEqualTo(4);
  }

  @Test
  void namesAreKnownInAnyCase() {
    assertThat(Presets.named("FINETUNEHD13B")).isEqualTo(Presets.named("finetuneHd13b"));
  }

  @Test
  void anUnknownNameListsThoseThereAre() {
    assertThatThrownBy(() -> Presets.named("finetune70b"))
        .isInstanceOf(BadInputException.class)
        .hasMessage("unknown preset 'finetune70b': use one of " + Presets.all().keySet());
  }

  @Test
  void aBatchThatCannotBeSharedNamesTheNextThatCan() {
    assertThatThrownBy(() -> Presets.named("finetune7b").batching().accumulation(3))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll("globalBatch is 128", "3 process(es)", "a multiple of 48");
  }

  @Test
  void othersAreNamedBesideThem() {
    Map<String, Supplier<TrainConfig>> presets = new LinkedHashMap<>(Presets.all());
    presets.put("Mine", Presets::tinyLora);
    assertThat(Presets.named(presets, "mINE")).isEqualTo(Presets.tinyLora());
    assertThat(Presets.named(presets, "task")).isEqualTo(Presets.named("task"));
    assertThatThrownBy(() -> Presets.named(presets, "yours"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll("'yours'", "taskLora", "Mine");
  }

  private static void assertConversations(TrainConfig config, Images images, int maxLength) {
    assertThat(config.data().template()).isEqualTo(ConversationTemplate.VICUNA_V1);
    assertThat(config.data().images()).isEqualTo(images);
    assertThat(config.data().maxLength()).isEqualTo(maxLength);
    assertThat(config.data().order()).isEqualTo(Order.MODALITY_GROUPED);
    assertThat(config.batching().globalBatch()).isEqualTo(128);
    assertThat(config.batching().deviceBatch()).isEqualTo(16);
    assertThat(config.saving().saveEvery()).isEqualTo(50_000);
  }
}
