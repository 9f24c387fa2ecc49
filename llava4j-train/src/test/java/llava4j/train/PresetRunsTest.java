package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import llava4j.ChatRequest;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.generate.Generation;
import llava4j.generate.GenerationOptions;
import llava4j.golden.Golden;
import llava4j.image.RgbColor;
import llava4j.image.RgbImage;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.LocalLauncher;
import llava4j.train.distributed.SingleProcess;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Runs every preset with only the sizes changed, so with its own precision, ZeRO stage, sample
/// order, adapters, quantised base model and image mode. See [PresetRuns].
class PresetRunsTest {
  @TempDir private static Path folder;
  private static MiniatureBase base;

  static Stream<String> all() {
    return Presets.all().keySet().stream();
  }

  @BeforeAll
  static void writeBase() {
    base = MiniatureBase.write(folder.resolve("base"), true);
  }

  @ParameterizedTest
  @MethodSource("all")
  void inOneProcess(String preset) throws IOException {
    Path out = folder.resolve("one");
    new PresetRuns(base, out, new SingleProcess()).run(preset);
    assertAnswers(preset, out.resolve(preset).resolve(PresetRuns.WHOLE));
  }

  @Test
  void inTwoProcesses() throws InterruptedException, IOException {
    Path out = folder.resolve("two");
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(text, true, StandardCharsets.UTF_8);
    List<String> arguments = new ArrayList<>(List.of(base.folder().toString(), out.toString()));
    all().forEach(arguments::add);
    LocalLauncher launcher =
        new LocalLauncher(PresetRuns.class.getName(), arguments, stream, stream);
    int code =
        launcher.run(
            2,
            Map.of(
                GoldenProcess.ROOT,
                Golden.root().toString(),
                "JAVA_TOOL_OPTIONS",
                "-XX:TieredStopAtLevel=1")); // they end before better code would pay
    assertThat(code).as(text.toString(StandardCharsets.UTF_8)).isZero();
    for (String preset : all().toList()) {
      assertAnswers(preset, out.resolve(preset).resolve(PresetRuns.WHOLE));
    }
  }

  /// Loads all exported results, as `llava ask` does.
  private static void assertAnswers(String preset, Path out) throws IOException {
    List<Path> models =
        Stream.of(out.resolve("original"), out.resolve("hf")).filter(Files::isDirectory).toList();
    TrainConfig config = PresetRuns.config(preset);
    boolean whole =
        switch (config.stage()) {
          case TOWER, FULL -> true;
          case CONNECTOR, ADAPTER -> false;
        };
    assertThat(models)
        .as("what " + preset + " wrote")
        .hasSize(!whole ? 0 : config.data().images() == TrainConfig.Images.HD ? 1 : 2);
    List<String> answers = new ArrayList<>();
    for (Path model : whole ? models : List.of(out)) {
      answers.add(answer(model, whole ? LoadOptions.defaults() : withBase()));
    }
    assertThat(answers).doesNotContain("").isNotEmpty();
    assertThat(answers.stream().distinct()).as("one model, one answer").hasSize(1);
  }

  private static LoadOptions withBase() {
    return LoadOptions.defaults()
        .withCheckpoint(CheckpointOptions.none().withBase(base.folder().toString()));
  }

  private static String answer(Path model, LoadOptions options) {
    ChatRequest request =
        ChatRequest.of(List.of(RgbImage.filled(70, 30, new RgbColor(200, 30, 30))), "What is this?")
            .withOptions(GenerationOptions.greedy().withMaxNewTokens(6).withTopLogProbs(0));
    try (Llava llava = Llava.load(model.toString(), options)) {
      Generation answer = llava.answer(request).answers().getFirst();
      assertThat(answer.logProbs())
          .isNotEmpty()
          .allSatisfy(one -> assertThat((double) one.chosen().value()).isBetween(-100.0, 0.0));
      return answer.text();
    }
  }
}
