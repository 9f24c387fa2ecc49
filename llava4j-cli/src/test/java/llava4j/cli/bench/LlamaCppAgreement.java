package llava4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import llava4j.LoadOptions;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.cli.Main;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.tensor.NativeRuntime;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// llama.cpp beside ours. Not among the tests that `make test` runs, because they need libraries of
/// another project: `mvn -Dtest=LlamaCppAgreement -Dllava4j.llamacpp=DIR -pl llava4j-cli -am
/// -Dsurefire.failIfNoSpecifiedTests=false test`. Without libraries they fail.
class LlamaCppAgreement {
  @TempDir private Path folder;
  private String named;

  @BeforeEach
  void findLibraries() {
    NativeRuntime.prepare();
    String environment = System.getenv().getOrDefault("LLAVA4J_LLAMA_CPP", "");
    named = System.getProperty("llava4j.llamacpp", environment);
    assertThat(named).as("the folder that -Dllava4j.llamacpp names").isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"f16", "q8_0", "q4_0", "q4_K_M"})
  void bothComputeTheSame(String type) {
    Path model = Golden.path("gguf/model-" + type + ".gguf");
    BenchPlan plan = new BenchPlan(List.of(), List.of(1), 4, 4, 1, false, 42);
    try (OurEngine ours = ours(model);
        LlamaProcess theirs = theirs(model)) {
      ours.load();
      assertThat(theirs.load()).isPositive();
      AnswerCheck check = AnswerCheck.of(ours, theirs, plan, ours.vocabulary());
      assertThat(check.divergence()).as(check.toString()).isLessThan(0.005);
      assertThat(check.sameChoice()).as(check.toString()).isGreaterThanOrEqualTo(9);
    }
  }

  @Test
  void stepsOfSeveralSequencesCanBeTakenAgain() {
    Path model = Golden.path("gguf/model-q8_0.gguf");
    try (LlamaProcess theirs = theirs(model)) {
      theirs.load();
      assertThat(theirs.prefill(new int[] {1, 2, 3})).isPositive();
      theirs.begin(new int[][] {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}, 4);
      assertThat(theirs.decode(4)).isPositive();
      assertThat(theirs.decode(4)).isPositive();
      assertThat(theirs.peakBytes()).isGreaterThan(1 << 20);
    }
  }

  @Test
  void theProcessEndsWithItsOwner() {
    LlamaProcess theirs = theirs(Golden.path("gguf/model-q8_0.gguf"));
    assertThat(theirs.isAlive()).isTrue();
    assertThat(theirs.version()).contains(LlamaLayouts.VERSION, "libggml-cpu");
    theirs.close();
    assertThat(theirs.isAlive()).isFalse();
    assertThatThrownBy(theirs::load)
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("ended in the middle");
  }

  @Test
  void aBrokenFileIsRefusedInItsOwnWords() throws IOException {
    Path broken = folder.resolve("broken.gguf");
    Files.writeString(broken, "GGUF but no more");
    try (LlamaProcess theirs = theirs(broken)) {
      assertThatThrownBy(theirs::load)
          .isInstanceOf(BadInputException.class)
          .hasMessageContainingAll("llama.cpp cannot load", "broken.gguf", "--against");
    }
  }

  @Test
  void theCommandComparesLineByLine() {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String model = Golden.path("gguf/model-q4_0.gguf").toString();
    String[] words = {
      "bench",
      model,
      "--against",
      "llama.cpp",
      "--llama-cpp",
      named,
      "--threads",
      "2",
      "--prefill",
      "7",
      "--sequences",
      "1,2",
      "--decode",
      "3",
      "--depth",
      "4",
      "--repeat",
      "2",
      "--json"
    };
    int code =
        Main.execute(
            Main.commandLine(new PrintWriter(out, true), new PrintWriter(err, true)), words);
    assertThat(code).as(err.toString()).isZero();
    JsonNode root = new JsonMapper().readTree(out.toString());
    assertThat(root.get("llama_cpp").asString()).startsWith(LlamaLayouts.VERSION);
    assertThat(root.get("answers").get("agree").asBoolean()).isTrue();
    for (JsonNode line : root.get("lines")) {
      boolean alone = line.get("what").asString().equals("image_encode");
      assertThat(line.has("llama_cpp")).as(line.toString()).isEqualTo(!alone);
      assertThat(line.has("ratio")).as(line.toString()).isEqualTo(!alone);
    }
  }

  private LlamaProcess theirs(Path model) {
    return new LlamaProcess(LlamaFiles.in(Path.of(named)), model, 2);
  }

  private static OurEngine ours(Path model) {
    return new OurEngine(
        () -> new CheckpointOpener(CheckpointOptions.none()).open(model.toString()),
        LoadOptions.defaults().withThreads(2));
  }
}
