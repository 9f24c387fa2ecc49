package llava4j.checkpoint.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llava4j.error.BadInputException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// References, settings, and the choice of files: no network.
class HubNamesTest {
  @TempDir private Path folder;

  @Test
  void everyPartOfAReferenceIsRead() {
    HubReference reference = HubReference.parse("mys/ggml_llava-v1.5-7b:Q4_K@refs/pr/3");
    assertThat(reference.owner()).isEqualTo("mys");
    assertThat(reference.repository()).isEqualTo("ggml_llava-v1.5-7b");
    assertThat(reference.quantisation()).contains("Q4_K");
    assertThat(reference.revision()).isEqualTo("refs/pr/3");
    assertThat(HubReference.parse(reference.toString())).isEqualTo(reference);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "model", "/abs/model", "./a/b", "../a", "a/../b", "a/b@../../x", "a/b@", "a/b@/x",
        "a/b@x//y", "a/b:", "a/b:../q", "a--b/c", "a/b/c", "a\\b/c", "a/b c", "~/model", "a/.b",
        "a/b@x/.y", "a/b\n"
      })
  void whatIsNoReferenceIsRefused(String text) {
    assertThatThrownBy(() -> HubReference.parse(text)).isInstanceOf(BadInputException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"./nope", "./nope@dev", "a--b/c", "a/b/c"})
  void aRefusedReferenceIsNamedAsItWasTyped(String text) {
    assertThatThrownBy(() -> HubReference.parse(text)).hasMessageStartingWith("'" + text + "' is");
  }

  @Test
  void whatIsHereWinsOverTheHub() throws Exception {
    Path local = Files.createDirectories(folder.resolve("model"));
    assertThat(HubReference.parseUnlessLocal(local.toString())).isEmpty();
    assertThat(HubReference.parseUnlessLocal("no-such-owner/name"))
        .contains(HubReference.parse("no-such-owner/name"));
  }

  @Property(tries = 500)
  void noReferenceLeavesTheCache(
      @ForAll @CharRange(from = ' ', to = '~') @StringLength(max = 12) String owner,
      @ForAll @CharRange(from = '-', to = '@') @StringLength(max = 12) String rest) {
    HubReference reference;
    try {
      reference = HubReference.parse(owner + "/n" + rest);
    } catch (BadInputException e) {
      return;
    }
    Path cache = Path.of("cache");
    Path refs = cache.resolve(reference.cacheFolder()).resolve("refs");
    assertThat(refs.resolve(reference.revision()).normalize()).startsWithRaw(refs);
  }

  @Property(tries = 500)
  void noListingFailsOtherThanForTheUser(@ForAll @StringLength(max = 40) String text) {
    for (String json : List.of(text, "{\"sha\": \"abcdef0\", \"siblings\": [" + text + "]}")) {
      try {
        HubListing.parse(
            json.getBytes(StandardCharsets.UTF_8),
            URI.create("http://hub"),
            HubReference.parse("a/b"));
      } catch (BadInputException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }

  @Test
  void settingsFollowThePythonToolsOrder() {
    HubSettings standard = HubSettings.fromEnvironment(Map.of("HOME", "/u"));
    assertThat(standard.cache()).isEqualTo(Path.of("/u/.cache/huggingface/hub"));
    assertThat(standard.endpoint()).hasToString("https://huggingface.co");
    assertThat(standard.offline()).isFalse();
    assertThat(cache(Map.of("HOME", "/u", "XDG_CACHE_HOME", "/x"))).isEqualTo("/x/huggingface/hub");
    assertThat(cache(Map.of("HOME", "/u", "HF_HOME", "~/hf"))).isEqualTo("/u/hf/hub");
    assertThat(cache(Map.of("HF_HOME", "/h", "HUGGINGFACE_HUB_CACHE", "/old"))).isEqualTo("/old");
    assertThat(cache(Map.of("HF_HUB_CACHE", "/new", "HUGGINGFACE_HUB_CACHE", "/old")))
        .isEqualTo("/new");
    assertThat(HubSettings.fromEnvironment(Map.of("HF_HUB_OFFLINE", "ON")).offline()).isTrue();
    assertThat(HubSettings.fromEnvironment(Map.of("HF_HUB_OFFLINE", "0")).offline()).isFalse();
  }

  @Test
  void theTokenComesFromTheVariableOrTheFile() throws Exception {
    Files.writeString(folder.resolve("token"), "from-file\n");
    String home = folder.toString();
    assertThat(token(Map.of("HF_HOME", home))).contains("from-file");
    assertThat(token(Map.of("HF_HOME", home, "HUGGING_FACE_HUB_TOKEN", "old"))).contains("old");
    assertThat(token(Map.of("HF_HOME", home, "HF_TOKEN", "new", "HUGGING_FACE_HUB_TOKEN", "old")))
        .contains("new");
    Path other = Files.writeString(folder.resolve("other"), "elsewhere");
    assertThat(token(Map.of("HF_HOME", home, "HF_TOKEN_PATH", other.toString())))
        .contains("elsewhere");
  }

  @Test
  void theTokenIsNeverShown() {
    HubSettings settings = HubSettings.fromEnvironment(Map.of("HF_TOKEN", "hf_secret"));
    assertThat(settings.toString()).contains("token=set").doesNotContain("hf_secret");
    Optional<String> broken = Optional.of("hf_secret\nX-Evil: 1");
    assertThatThrownBy(
            () -> new HubSettings(URI.create("http://h"), broken, folder, false, Duration.ZERO))
        .isInstanceOf(BadInputException.class)
        .hasMessageNotContaining("hf_secret");
  }

  @Test
  void originalModelsNeedNoProjectorOfTheirOwn() {
    assertThat(
            FileSelection.needed(
                List.of(
                    "config.json",
                    "mm_projector.bin",
                    "pytorch_model-00001-of-00002.bin",
                    "pytorch_model-00002-of-00002.bin",
                    "pytorch_model.bin.index.json",
                    "README.md",
                    "tokenizer.model")))
        .containsExactlyInAnyOrder(
            "config.json",
            "pytorch_model-00001-of-00002.bin",
            "pytorch_model-00002-of-00002.bin",
            "pytorch_model.bin.index.json",
            "tokenizer.model");
    assertThat(FileSelection.needed(List.of("config.json", "mm_projector.bin")))
        .containsExactlyInAnyOrder("config.json", "mm_projector.bin");
  }

  @Test
  void adaptersBringTheirOtherWeights() {
    assertThat(
            FileSelection.needed(
                List.of(
                    "adapter_config.json",
                    "adapter_model.bin",
                    "adapter_model.safetensors",
                    "config.json",
                    "non_lora_trainables.bin",
                    "trainer_state.json")))
        .containsExactlyInAnyOrder(
            "adapter_config.json",
            "adapter_model.safetensors",
            "config.json",
            "non_lora_trainables.bin");
  }

  @Test
  void adaptersInSafetensorsDoNotHideTorchWeights() {
    assertThat(FileSelection.needed(List.of("adapter_model.safetensors", "pytorch_model.bin")))
        .containsExactlyInAnyOrder("adapter_model.safetensors", "pytorch_model.bin");
  }

  @Test
  void aGgufKindIsAWholeWord() {
    List<String> all =
        List.of(
            "config.json",
            "m.Q4_K_M.gguf",
            "m.Q4_K.gguf",
            "m.f16.gguf",
            "mmproj-m-Q8_0.gguf",
            "mmproj-m-f16.gguf",
            "model.safetensors");
    assertThat(FileSelection.needed(all, Optional.of("q4_k")))
        .containsExactlyInAnyOrder("config.json", "m.Q4_K.gguf", "mmproj-m-f16.gguf");
    assertThat(FileSelection.needed(all))
        .contains("model.safetensors")
        .doesNotContain("m.f16.gguf");
    assertThatThrownBy(() -> FileSelection.needed(all, Optional.of("Q2_K")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("Q2_K")
        .hasMessageContaining("m.Q4_K_M.gguf");
  }

  @Test
  void aGgufModelInPartsIsTakenWhole() {
    List<String> all = List.of("m.f16-00001-of-00002.gguf", "m.f16-00002-of-00002.gguf");
    assertThat(FileSelection.needed(all)).containsExactlyElementsOf(all);
  }

  private static String cache(Map<String, String> environment) {
    return HubSettings.fromEnvironment(environment).cache().toString();
  }

  private static Optional<String> token(Map<String, String> environment) {
    return HubSettings.fromEnvironment(environment).token();
  }
}
