package llava4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import llava4j.cli.Main;
import llava4j.golden.Golden;
import llava4j.tensor.NativeRuntime;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `llava bench` on the bundled model, in miniature.
class BenchCommandTest {
  private static final String MODEL =
      Path.of("..", "models", "llava-tiny").toAbsolutePath().normalize().toString();

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void prepare() {
    NativeRuntime.prepare();
  }

  @Test
  void theTableNamesTheMachineAndEveryLine() {
    assertThat(small(MODEL)).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("llava-tiny (Hugging Face), weights auto, device cpu")
        .contains("2 threads (--threads)", "OpenBLAS ", "GB/s", "medians of 2; 3 steps")
        .containsPattern("load +\\d")
        .containsPattern("image encode +\\d")
        .containsPattern("image to first token, \\d+ rows +\\d")
        .containsPattern("prefill, 5 rows +\\S+ m?s, \\S+/s")
        .containsPattern("prefill, 9 rows +\\S+ m?s, \\S+/s")
        .containsPattern("products +\\d+ GOP/s")
        .containsPattern("prefill, \\d+ rows +\\S+ m?s, \\S+/s, \\d+(\\.\\d)? % of products")
        .containsPattern("decode, 1 sequence +\\S+/s, \\d+ % of reading")
        .containsPattern("decode, 3 sequences +\\S+/s, \\d+ % of reading")
        .containsPattern("peak memory +\\S+ [MG]iB")
        .doesNotContain("llama.cpp", "answers");
    assertThat(err.toString())
        .contains(
            "llava: loading", "llava: prefill, 9 rows, 2 of 2", "llava: decode, 3 sequences: ");
  }

  @Test
  void jsonHoldsTheSame() {
    assertThat(small("-m", MODEL, "--json", "--no-image", "--weights", "q8", "--seed", "7"))
        .as(err.toString())
        .isZero();
    JsonNode root = new JsonMapper().readTree(out.toString());
    assertThat(root.get("model").asString()).isEqualTo("llava-tiny");
    assertThat(root.get("weights").asString()).isEqualTo("q8");
    assertThat(root.get("threads").asInt()).isEqualTo(2);
    assertThat(root.get("seed").asInt()).isEqualTo(7);
    assertThat(root.get("flags").isArray()).isTrue();
    assertThat(root.get("openblas").isObject()).isTrue();
    assertThat(root.get("step_bytes").asLong()).isPositive();
    List<String> kinds = new ArrayList<>();
    for (JsonNode line : root.get("lines")) {
      kinds.add(line.get("what").asString());
      assertThat(line.has("llama_cpp")).isFalse();
    }
    assertThat(kinds)
        .containsExactly("load", "prefill", "prefill", "decode", "decode", "peak_memory");
    JsonNode prefill = root.get("lines").get(2);
    double seconds = prefill.get("ours").get("seconds").asDouble();
    assertThat(prefill.get("rows").asInt()).isEqualTo(9);
    assertThat(prefill.get("ours").get("tokens_per_second").asDouble()).isEqualTo(9 / seconds);
    assertThat(prefill.get("ours").get("share_of_products").asDouble()).isPositive();
    assertThat(root.get("product_gigaoperations_per_second").asDouble()).isPositive();
    JsonNode decode = root.get("lines").get(4);
    assertThat(decode.get("sequences").asInt()).isEqualTo(3);
    assertThat(decode.get("ours").get("tokens_per_second").asDouble())
        .isEqualTo(3 / decode.get("ours").get("seconds").asDouble());
    assertThat(decode.get("ours").get("share_of_reading").asDouble()).isPositive();
    assertThat(root.get("lines").get(5).get("ours").get("bytes").asLong()).isGreaterThan(1 << 20);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--prefill 5,x | 'x'",
        "--prefill 0 | --prefill must be at least 1, not 0",
        "--prefill 1025 | longer than the model's context of 1024 rows",
        "--sequences 0 | --sequences must be between 1 and 64, not 0",
        "--sequences 65 | --sequences must be between 1 and 64, not 65",
        "--decode 0 | --decode must be at least 1, not 0",
        "--depth 0 | --depth must be at least 1, not 0",
        "--depth 1000 --decode 25 | together are longer than the model's context of 1024 rows",
        "--repeat 101 | --repeat must be between 1 and 100, not 101",
        "--threads 0 | --threads must be between 1 and 1024, not 0",
        "--weights q3 | q3",
        "--template plain | --template would have no effect",
        "--llama-cpp . | --llama-cpp would have no effect",
        "--against ollama | --against knows llama.cpp, not 'ollama'",
        "--against llama.cpp | needs a .gguf file",
        "--model other | --model would have no effect",
      })
  void badOptionsGetOneSentence(String options, String sentence) {
    refused(sentence, MODEL, options.split(" "));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--weights=q8", "--llama-cpp=none"})
  void aComparisonIsOfTheFilesOwnWeightsAndNeedsLibraries(String option) {
    String gguf = Golden.path("gguf/model-q4_0.gguf").toString();
    String named = option.replaceFirst("=.*", "");
    refused(named, gguf, "--against", "llama.cpp", option);
  }

  @Test
  void aModelThatIsNotThereIsNamed() {
    refused("nowhere", folder.resolve("nowhere").toString());
  }

  @Test
  void onlyWhatChangesOpenBlasIsTold() {
    assertThat(
            BenchResult.openBlas(
                Map.of(
                    "OPENBLAS_CORETYPE", "Haswell", "OPENBLAS_THREAD_TIMEOUT", "4", "HOME", "/")))
        .containsExactly(Map.entry("OPENBLAS_CORETYPE", "Haswell"));
  }

  @Test
  void promptsAreTheSameInEveryRun() {
    BenchPlan plan = new BenchPlan(List.of(5), List.of(1), 3, 4, 1, false, 42);
    assertThat(plan.ids(5, 100, 1)).isEqualTo(plan.ids(5, 100, 1)).hasSize(5);
    assertThat(plan.ids(5, 100, 1)).isNotEqualTo(plan.ids(5, 100, 2));
    assertThat(plan.ids(500, 3, 1)).containsOnly(0, 1, 2);
  }

  @Test
  void theMedianIsInTheMiddle() {
    assertThat(BenchRun.median(new double[] {9, 1, 2})).isEqualTo(2);
    assertThat(BenchRun.median(new double[] {9, 1, 2, 4})).isEqualTo(3);
  }

  private void refused(String sentence, String model, String... options) {
    List<String> words = new ArrayList<>(List.of("bench", model));
    words.addAll(List.of(options));
    assertThat(run(words)).as(err.toString()).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
    List<String> last = err.toString().lines().filter(line -> line.contains(sentence)).toList();
    assertThat(last).as(err.toString()).hasSize(1);
    assertThat(err.toString().strip()).endsWith(last.getFirst()).doesNotContain("\tat ");
  }

  private int small(String... more) {
    List<String> words = new ArrayList<>(List.of("bench"));
    words.addAll(List.of(more));
    words.addAll(
        List.of(
            "--threads",
            "2",
            "--prefill",
            "5,9",
            "--sequences",
            "1,3",
            "--decode",
            "3",
            "--depth",
            "4",
            "--repeat",
            "2"));
    return run(words);
  }

  private int run(List<String> words) {
    return Main.execute(
        Main.commandLine(new PrintWriter(out, true), new PrintWriter(err, true)),
        words.toArray(String[]::new));
  }
}
