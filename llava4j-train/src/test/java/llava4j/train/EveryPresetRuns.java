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
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
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
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.LocalLauncher;
import llava4j.train.distributed.SingleProcess;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every preset of a module, run as it stands but for sizes: precision, ZeRO stage, order,
/// adapters, quantised base and way of cutting images are its own. See [PresetRuns].
///
/// A module's own test names the presets, and has a `main` that calls [#inThisProcess] with the
/// same.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class EveryPresetRuns {
  @TempDir private static Path folder;
  private final Map<String, Supplier<TrainConfig>> presets;
  private final UnaryOperator<TrainJob> completed;
  private MiniatureBase base;

  /// @param presets all there are, by their names
  /// @param completed gives a job what its stage minimises
  protected EveryPresetRuns(
      Map<String, Supplier<TrainConfig>> presets, UnaryOperator<TrainJob> completed) {
    this.presets = presets;
    this.completed = completed;
  }

  /// What one of several processes does.
  protected static void inThisProcess(
      String[] arguments,
      Map<String, Supplier<TrainConfig>> presets,
      UnaryOperator<TrainJob> completed) {
    PresetRuns.inThisProcess(arguments, presets, completed);
  }

  Stream<String> all() {
    return presets.keySet().stream();
  }

  @BeforeAll
  void writeBase() {
    base = MiniatureBase.write(folder.resolve("base"), true);
  }

  @ParameterizedTest
  @MethodSource("all")
  void inOneProcess(String preset) throws IOException {
    Path out = folder.resolve("one");
    new PresetRuns(base, out, new SingleProcess(), presets, completed).run(preset);
    assertAnswers(preset, out.resolve(preset).resolve(PresetRuns.WHOLE));
  }

  @Test
  void inTwoProcesses() throws InterruptedException, IOException {
    Path out = folder.resolve("two");
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(text, true, StandardCharsets.UTF_8);
    List<String> arguments = List.of(base.folder().toString(), out.toString());
    LocalLauncher launcher = new LocalLauncher(getClass().getName(), arguments, stream, stream);
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

  /// Loads everything that the run wrote for a user, as `llava ask` does.
  private void assertAnswers(String preset, Path out) throws IOException {
    List<Path> models =
        Stream.of(out.resolve("original"), out.resolve("hf")).filter(Files::isDirectory).toList();
    TrainConfig config = PresetRuns.cut(presets.get(preset).get());
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

  private LoadOptions withBase() {
    return LoadOptions.defaults()
        .withCheckpoint(CheckpointOptions.none().withBase(base.folder().toString()));
  }

  private String answer(Path model, LoadOptions options) {
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
