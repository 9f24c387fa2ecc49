package llava4j.train.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import llava4j.text.template.ConversationTemplate;
import llava4j.train.config.TrainConfig.Images;
import llava4j.train.shard.ZeroStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class ConfigFileTest {
  private final ConfigFile file = new ConfigFile();
  private final TrainConfig full = Presets.named("finetune7b");
  private final TrainConfig lora = Presets.named("lora7b");

  static Stream<String> presets() {
    return Presets.all().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("presets")
  void whatIsWrittenIsReadBackTheSame(String preset) {
    TrainConfig config = Presets.named(preset);
    String text = file.write(config);
    assertThat(file.read(text)).isEqualTo(config);
    assertThat(file.write(file.read(text))).isEqualTo(text).endsWith("}\n");
    assertThat(file.with(config, List.of())).isEqualTo(config);
    assertThat(file.describe(config))
        .as("the text of versions without the setting")
        .isEqualTo(text.replaceFirst(",\\s*\"exchange\" : \"EXACT\"", ""))
        .isNotEqualTo(text);
    TrainConfig other = file.with(config, List.of("exchange=BF16"));
    assertThat(file.describe(other)).isEqualTo(file.write(other));
  }

  @Test
  void aValueThatIsGivenTwiceIsRefused() {
    assertThatThrownBy(
            () -> file.with(full, List.of("learningRate=1e-4", "batching.epochs=2", "epochs=3")))
        .isInstanceOf(BadInputException.class)
        .hasMessage("epochs is given twice, as 2 and as 3; give it once");
  }

  /// Files and checkpoints of versions without this setting.
  @Test
  void whatOlderFilesLackHasTheValueThatHeldThen() {
    ObjectNode old = (ObjectNode) new JsonMapper().readTree(file.write(full));
    ((ObjectNode) old.get("data")).remove("maxPixels");
    ((ObjectNode) old.get("execution")).remove("exchange");
    TrainConfig read = file.read(old.toString());
    assertThat(read).isEqualTo(full);
    assertThat(file.differences(read, full)).isEmpty();
    old.remove("data");
    assertThatThrownBy(() -> file.read(old.toString()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("has no value for data");
  }

  /// The key `images` had the name `pictures` before.
  @Test
  void formerNamesOfValuesAreReadAndReplaced() {
    ObjectNode old = (ObjectNode) new JsonMapper().readTree(file.write(full));
    ObjectNode data = (ObjectNode) old.get("data");
    data.set("pictures", data.remove("images"));
    assertThat(file.read(old.toString())).isEqualTo(full);
    for (String name : List.of("images", "pictures", "data.pictures", "Pictures")) {
      assertThat(file.with(full, List.of(name + "=HD")).data().images())
          .as(name)
          .isEqualTo(Images.HD);
    }
    data.put("images", "PAD");
    assertThatThrownBy(() -> file.read(old.toString()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("pictures");
  }

  @Test
  void optionalValuesAreReadBackToo() {
    TrainConfig config = file.with(lora, List.of("maxSteps=9", "projectorLearningRate=3e-5"));
    assertThat(file.read(file.write(config))).isEqualTo(config);
    TrainConfig none = file.with(config, List.of("maxSteps=null", "projectorLearningRate=null"));
    assertThat(none.batching().maxSteps()).isEmpty();
    assertThat(none.optimization().projectorLearningRate()).isEmpty();
  }

  @Test
  void everyKindOfValueCanBeReplaced() {
    TrainConfig config =
        file.with(
            lora,
            List.of(
                "learningRate=1e-4",
                "optimization.weightDecay = 0.5",
                "GLOBALBATCH=64",
                "epochs=2",
                "maxSteps=12",
                "projectorLearningRate=1e-5",
                "zero=optimizer",
                "template=LLAMA_2",
                "packing=true",
                "seed=9007199254740993",
                "preset=my run",
                "lora.rank=4",
                "targets=[\"q_proj\",\"v_proj\"]"));
    assertThat(config.optimization().learningRate()).isEqualTo(1e-4);
    assertThat(config.optimization().weightDecay()).isEqualTo(0.5);
    assertThat(config.batching().globalBatch()).isEqualTo(64);
    assertThat(config.batching().epochs()).isEqualTo(2);
    assertThat(config.batching().maxSteps()).isEqualTo(OptionalLong.of(12));
    assertThat(config.optimization().projectorLearningRate()).isEqualTo(OptionalDouble.of(1e-5));
    assertThat(config.execution().zero()).isEqualTo(ZeroStage.OPTIMIZER);
    assertThat(config.data().template()).isEqualTo(ConversationTemplate.LLAMA_2);
    assertThat(config.data().packing()).isTrue();
    assertThat(config.execution().seed()).isEqualTo(9007199254740993L);
    assertThat(config.preset()).isEqualTo("my run");
    assertThat(config.lora())
        .isEqualTo(new LoraSettings(4, 256, 0.05, List.of("q_proj", "v_proj")));
    assertThat(file.differences(lora, config)).hasSize(13);
  }

  @Test
  void aNameOfAPresetMayLookLikeANumber() {
    assertThat(file.with(full, List.of("preset=7")).preset()).isEqualTo("7");
  }

  @Test
  void whatIsNotReplacedStays() {
    TrainConfig config = file.with(full, List.of("maxLength=512"));
    assertThat(file.with(config, List.of("maxLength=2048"))).isEqualTo(full);
  }

  @ParameterizedTest
  @ValueSource(strings = {"learningRate", "", "=3", "  =3"})
  void anOverrideWithoutKeyOrValueIsRefused(String override) {
    assertThatThrownBy(() -> file.with(full, List.of(override)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("'" + override + "' is not an override; write key=value");
  }

  @ParameterizedTest
  @ValueSource(strings = {"learnRate", "data", "optimization", "Rate", "lora.rank"})
  void anUnknownKeyListsThoseThereAre(String key) {
    assertThatThrownBy(() -> file.with(full, List.of(key + "=1")))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("unknown key '" + key + "': use one of [")
        .hasMessageContainingAll("batching.globalBatch", "optimization.learningRate");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "learningRate=fast | optimization.learningRate | fast",
        "learningRate=[1] | optimization.learningRate | ",
        "learningRate=true | optimization.learningRate | ",
        "learningRate=null | optimization.learningRate | null",
        "learningRate= | optimization.learningRate | ",
        "globalBatch=many | batching.globalBatch | many",
        "globalBatch=8.5 | batching.globalBatch | 8.5",
        "globalBatch=99999999999 | batching.globalBatch | 99999999999",
        "globalBatch= | batching.globalBatch | ",
        "maxSteps=1.5 | batching.maxSteps | 1.5",
        "maxSteps=soon | batching.maxSteps | soon",
        "seed=1e3x | execution.seed | 1e3x",
        "packing=perhaps | data.packing | perhaps",
        "packing=1 | data.packing | 1",
        "zero=4th | execution.zero | 4th",
        "zero=2 | execution.zero | 2",
        "zero=null | execution.zero | null",
        "template=nobody | data.template | nobody",
        "stage=third | stage | third",
        "lora.targets=q_proj | lora.targets | q_proj",
        "lora.targets=null | lora.targets | null",
        "schedule=null | optimization.schedule | null"
      })
  void aValueOfTheWrongTypeNamesItsKey(String override, String key, String value) {
    assertThatThrownBy(() -> file.with(lora, List.of(override)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(key)
        .hasMessageContaining(value == null ? "" : value)
        .satisfies(e -> assertOneClearSentence(e.getMessage()));
  }

  @Test
  void anUnknownNameOfAKindListsThoseThereAre() {
    assertThatThrownBy(() -> file.with(full, List.of("zero=all")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll("execution.zero", "all", "NONE", "OPTIMIZER", "GRADIENTS");
  }

  @ParameterizedTest
  @CsvSource({
    "globalBatch=0,globalBatch is 0",
    "deviceBatch=-1,deviceBatch is -1",
    "lossRows=0,lossRows is 0",
    "epochs=0,epochs is 0",
    "epochs=NaN,epochs is NaN",
    "maxSteps=0,maxSteps is 0",
    "maxLength=1,maxLength is 1",
    "maxBad=-1,maxBad is -1",
    "prefetch=0,prefetch is 0",
    "learningRate=0,learningRate is 0",
    "learningRate=NaN,learningRate is NaN",
    "learningRate=Infinity,learningRate is Infinity",
    "projectorLearningRate=-1,projectorLearningRate is -1",
    "visionTowerLearningRate=0,visionTowerLearningRate is 0",
    "weightDecay=-0.1,weightDecay is -0.1",
    "warmupRatio=1,warmupRatio is 1",
    "warmupRatio=-0.1,warmupRatio is -0.1",
    "maxGradNorm=-1,maxGradNorm is -1",
    "beta1=1,beta1",
    "beta2=-1,beta2",
    "epsilon=0,epsilon",
    "saveEvery=0,saveEvery is 0",
    "keepLast=0,keepLast is 0",
    "rank=0,lora rank is 0",
    "alpha=0,lora alpha is 0",
    "dropout=1,lora dropout is 1",
    "lora.targets=[],lora has no targets",
    "'lora.targets=[\"lm_head\"]','lm_head'"
  })
  void aValueOutOfRangeNamesItsKey(String override, String said) {
    assertThatThrownBy(() -> file.with(lora, List.of(override)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(said)
        .satisfies(e -> assertOneClearSentence(e.getMessage()));
  }

  @ParameterizedTest
  @CsvSource({
    "stage=adapter,stage adapter needs lora settings",
    "quantizeBase=true,cannot be trained with stage full",
    "activation=keep,use activation=recompute"
  })
  void valuesThatContradictEachOtherAreTold(String override, String said) {
    assertThatThrownBy(() -> file.with(full, List.of(override)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(said)
        .satisfies(e -> assertOneClearSentence(e.getMessage()));
  }

  @Test
  void loraSettingsBelongToAdapters() {
    assertThatThrownBy(() -> file.with(lora, List.of("stage=full")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("lora settings can only be used with stage adapter");
  }

  @Test
  void differencesAreExactlyWhatDiffers() {
    assertThat(file.differences(full, Presets.named("finetune7b"))).isEmpty();
    TrainConfig other = file.with(full, List.of("globalBatch=64", "zero=none", "maxSteps=3"));
    assertThat(file.differences(full, other))
        .containsExactly(
            "batching.globalBatch: 128 -> 64",
            "batching.maxSteps: null -> 3",
            "execution.zero: \"PARAMETERS\" -> \"NONE\"");
  }

  @Test
  void differencesNameWhatOnlyOneHas() {
    assertThat(file.differences(full, lora))
        .contains("lora: null -> absent", "lora.rank: absent -> 128")
        .contains("stage: \"FULL\" -> \"ADAPTER\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "17", "hello", "{}", "null"})
  void aFileThatIsNoConfigurationIsRefused(String text) {
    assertThatThrownBy(() -> file.read(text))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("the training configuration")
        .satisfies(e -> assertOneClearSentence(e.getMessage()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"preset", "stage", "data", "batching", "optimization", "execution", "saving"})
  void aFileThatLacksAPartNamesIt(String part) {
    ObjectNode root = (ObjectNode) new JsonMapper().readTree(file.write(full));
    root.remove(part);
    assertThatThrownBy(() -> file.read(root.toString()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(part)
        .satisfies(e -> assertOneClearSentence(e.getMessage()));
  }

  @Test
  void aFileThatLacksAValueNamesIt() {
    ObjectNode root = (ObjectNode) new JsonMapper().readTree(file.write(full));
    ((ObjectNode) root.get("optimization")).remove("beta2");
    assertThatThrownBy(() -> file.read(root.toString()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("optimization.beta2")
        .satisfies(e -> assertOneClearSentence(e.getMessage()));
  }

  @Test
  void aFileWithAnUnknownKeyNamesIt() {
    ObjectNode root = (ObjectNode) new JsonMapper().readTree(file.write(full));
    ((ObjectNode) root.get("saving")).put("saveTwice", true);
    assertThatThrownBy(() -> file.read(root.toString()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("saving.saveTwice")
        .satisfies(e -> assertOneClearSentence(e.getMessage()));
  }

  private static void assertOneClearSentence(String message) {
    assertThat(message)
        .doesNotContain("\n", "Exception", "java.", "`", "llava4j.", "Cannot invoke")
        .hasSizeLessThan(400);
  }
}
