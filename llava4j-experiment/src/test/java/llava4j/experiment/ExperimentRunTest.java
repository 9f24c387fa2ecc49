package llava4j.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.error.BadInputException;
import llava4j.experiment.catalogue.Catalogue;
import llava4j.experiment.design.Arm;
import llava4j.experiment.design.Experiment;
import llava4j.experiment.design.ExperimentName;
import llava4j.experiment.design.Model;
import llava4j.experiment.design.Rule;
import llava4j.experiment.design.Scale;
import llava4j.experiment.judge.Verdict;
import llava4j.experiment.ledger.Entry;
import llava4j.experiment.ledger.Ledger;
import llava4j.experiment.work.StoppedException;
import llava4j.tensor.Device;
import llava4j.train.config.TrainConfig.Precision;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ExperimentRunTest {
  @TempDir private Path folder;

  /// Remembers what was done.
  private static final class Log implements ExperimentListener {
    private final List<String> stages = new ArrayList<>();
    private final List<String> finished = new ArrayList<>();

    @Override
    public void onStage(Model.Trained stage) {
      stages.add(stage.key());
    }

    @Override
    public void onFinished(Entry entry) {
      finished.add(entry.arm());
    }
  }

  private ExperimentSettings settings(String out, int seeds) {
    return new ExperimentSettings(
        folder.resolve(out),
        folder.resolve("no-data"),
        Optional.empty(),
        seeds,
        new Device.Cpu(),
        CheckpointOptions.none());
  }

  /// The same experiment with other arms and without a rule, which would miss the others.
  private static Experiment with(Experiment one, List<Arm> arms) {
    return new Experiment(
        one.name(),
        one.scale(),
        one.question(),
        one.claim(),
        one.where(),
        arms,
        one.measures(),
        one.plotted(),
        new Rule.NoClaim("Fewer arms."),
        "");
  }

  private ExperimentRun run(
      ExperimentName name, Scale scale, String out, Log log, BooleanSupplier stop) {
    Experiment experiment = Catalogue.of(name, scale, Precision.FP32);
    return new ExperimentRun(experiment, settings(out, 1), log, stop);
  }

  private ExperimentRun prompts(String out, Log log, BooleanSupplier stop) {
    Experiment whole = Catalogue.of(ExperimentName.FORMAT_PROMPT, Scale.SMOKE, Precision.FP32);
    List<Arm> arms = List.of(whole.arm("with prompts"), whole.arm("without prompts"));
    return new ExperimentRun(with(whole, arms), settings(out, 1), log, stop);
  }

  /// Stopped in the middle of its second stage 2, it repeats no stage; the table is that of a run
  /// that was never stopped.
  @Test
  @Tag("slow")
  void aStoppedRunGoesOnAndGivesTheSameTable() throws IOException {
    Log first = new Log();
    AtomicInteger asked = new AtomicInteger();
    // five steps and a batch of questions are the first arm's
    ExperimentRun stopped = prompts("one", first, () -> asked.incrementAndGet() == 7);
    assertThatThrownBy(stopped::run).isInstanceOf(StoppedException.class);
    assertThat(first.finished).containsExactly("with prompts");

    Log second = new Log();
    ExperimentRun.Outcome outcome = prompts("one", second, () -> false).run();
    assertThat(second.finished).containsExactly("without prompts");
    assertThat(second.stages).containsExactly(first.stages.getLast()); // resumed, not repeated
    assertThat(outcome.judgement().verdict()).isEqualTo(Verdict.CANNOT_TELL);

    Log third = new Log();
    prompts("two", third, () -> false).run();
    assertThat(third.stages).hasSize(5).doesNotHaveDuplicates(); // base 2, stage 1, two models
    assertThat(table("two")).isEqualTo(table("one"));

    Log again = new Log();
    prompts("two", again, () -> false).run();
    assertThat(again.stages).isEmpty();
    assertThat(again.finished).isEmpty();
    aLaterReportHasAllThatWasFound();
  }

  /// With the seeds of an earlier run, and without the models that were deleted since.
  private void aLaterReportHasAllThatWasFound() throws IOException {
    Path out = folder.resolve("two");
    Ledger ledger = new Ledger(out.resolve("format-prompt").resolve("ledger.jsonl"));
    Experiment whole = Catalogue.of(ExperimentName.FORMAT_PROMPT, Scale.SMOKE, Precision.FP32);
    for (Entry one : ledger.entries()) {
      ledger.add(
          new Entry(
              one.experiment(),
              one.scale(),
              one.arm(),
              2,
              whole.settings(whole.arm(one.arm()), 2),
              one.figures(),
              one.guesses(),
              one.models(),
              one.questions(),
              one.askingSeconds()));
    }
    Files.move(out.resolve("models"), folder.resolve("deleted"));
    Log later = new Log();
    prompts("two", later, () -> false).run();
    assertThat(later.stages).isEmpty();
    assertThat(Files.readString(out.resolve("format-prompt").resolve("report.md")))
        .contains("2 seeds for each arm", "--seeds 2`", "| with prompts | 1 | - |");
  }

  /// Tiles without the whole image, and a vision tower before another's language model with a new
  /// connector, are trained, exported, opened and asked.
  @Test
  @Tag("slow")
  void tilesAndJoinedModelsRun() throws IOException {
    Experiment hd = Catalogue.of(ExperimentName.HD, Scale.SMOKE, Precision.FP32);
    Experiment languages = Catalogue.of(ExperimentName.LANGUAGE_MODEL, Scale.SMOKE, Precision.FP32);
    Experiment both =
        with(hd, List.of(hd.arm("tiles alone"), languages.arm("base, has read nothing")));
    Log log = new Log();
    new ExperimentRun(both, settings("both", 1), log, () -> false).run();
    assertThat(log.finished).containsExactly("tiles alone", "base, has read nothing");
    String html = Files.readString(folder.resolve("both").resolve("hd").resolve("report.html"));
    assertThat(html)
        .contains("<svg", "tiles alone", "cannot tell", "Fewer arms.")
        .doesNotContain("<script", "src=");
  }

  @ParameterizedTest
  @EnumSource(ExperimentName.class)
  void everyExperimentIsPlannedWithoutData(ExperimentName name) {
    for (Scale scale : Scale.values()) {
      ExperimentPlan plan = run(name, scale, "none", new Log(), () -> false).plan();
      assertThat(plan.seconds()).isPositive();
      assertThat(plan.lines().getLast()).contains("runs to do, about");
    }
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void thePapersPlanHasCommandsAndHours() {
    ExperimentPlan plan =
        run(ExperimentName.SPEEDRUN, Scale.SEVEN_B, "none", new Log(), () -> false).plan();
    assertThat(plan.lines())
        .anyMatch(line ->
            line.contains("llava train pretrain7b --base lmsys/vicuna-7b-v1.5")
                && line.contains("--projector-type mlp2x_gelu"))
        .anyMatch(
            line -> line.contains("llava train finetune7b") && line.contains("--projector OUT/"))
        .anyMatch(line -> line.contains("forecast for 8 A100"));
    assertThat(plan.seconds() / 3600).isBetween(10.0, 18.0); // published: 3.5 and 10 hours
  }

  @Test
  void missingDataNameTheirCommand() {
    assertThatThrownBy(
            () -> run(ExperimentName.EPOCHS, Scale.TINY, "x", new Log(), () -> false).run())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("does not exist")
        .hasMessageContaining("llava data build tiny");
    assertThatThrownBy(
            () -> run(ExperimentName.EPOCHS, Scale.SEVEN_B, "x", new Log(), () -> false).run())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("llava data build pretrain558k");
  }

  @Test
  void aFolderOfSomethingElseIsRefused() throws IOException {
    Path out = Files.createDirectories(folder.resolve("full"));
    Files.writeString(out.resolve("train.jsonl"), "");
    assertThatThrownBy(
            () -> run(ExperimentName.EPOCHS, Scale.SMOKE, "full", new Log(), () -> false).run())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("holds something else (train.jsonl)");
    Path other = Files.createDirectories(folder.resolve("other"));
    Files.writeString(other.resolve("workplace.json"), "{\"scale\": \"tiny\", \"data\": \"abc\"}");
    assertThatThrownBy(
            () -> run(ExperimentName.EPOCHS, Scale.SMOKE, "other", new Log(), () -> false).run())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("holds experiments with scale tiny, not smoke");
    assertThatThrownBy(
            () -> run(ExperimentName.EPOCHS, Scale.SMOKE, "other", new Log(), () -> false).plan())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("holds experiments with scale tiny, not smoke");
  }

  @Test
  void seedsAreAtLeastOne() {
    assertThatThrownBy(() -> settings("x", 0))
        .isInstanceOf(BadInputException.class)
        .hasMessage("the number of seeds is 0; it must be from 1 to 100");
  }

  @Test
  void bfloat16IsForProcessorsThatHaveIt() throws IOException {
    Path file = folder.resolve("cpuinfo");
    Files.writeString(file, "flags : fpu avx512_bf16 avx\n");
    assertThat(Processor.precisionFor(file)).isEqualTo(Precision.BF16);
    Files.writeString(file, "flags : fpu avx2\n");
    assertThat(Processor.precisionFor(file)).isEqualTo(Precision.FP32);
    assertThat(Processor.precisionFor(folder.resolve("none"))).isEqualTo(Precision.FP32);
  }

  private String table(String out) throws IOException {
    return String.join(
        "\n",
        Files.readAllLines(folder.resolve(out).resolve("format-prompt").resolve("report.md"))
            .stream()
            .filter(line -> line.startsWith("|") && !line.contains(":0"))
            .toList());
  }
}
