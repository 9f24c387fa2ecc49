package llava4j.cli.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import llava4j.cli.Main;
import llava4j.experiment.catalogue.Catalogue;
import llava4j.experiment.design.ExperimentName;
import llava4j.experiment.design.Model;
import llava4j.experiment.design.Scale;
import llava4j.train.StepReport;
import llava4j.train.config.TrainConfig.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExperimentCommandTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return Main.execute(
        Main.commandLine(new PrintWriter(out, true), new PrintWriter(err, true)), arguments);
  }

  private void assertOneSentence(int code, String... parts) {
    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains(parts).hasLineCount(1);
    err.getBuffer().setLength(0);
  }

  @Test
  void withoutANameAllAreListed() {
    assertThat(run("experiment")).isZero();
    assertThat(out.toString()).hasLineCount(13).contains("ladder", "speedrun", "Table 2");
  }

  @Test
  void aDryRunPrintsThePlanAndWritesNothing() {
    Path workplace = folder.resolve("none");
    assertThat(run("experiment", "LADDER", "--scale", "13b", "--dry-run", "--out", "" + workplace))
        .isZero();
    assertThat(out.toString()).contains("llava train finetune13b", "9 of 9 runs to do");
    assertThat(workplace).doesNotExist();
  }

  @Test
  void mistakesAreOneSentence() throws Exception {
    String none = folder.resolve("none").toString();
    assertOneSentence(run("experiment", "lader"), "unknown experiment 'lader'", "ladder");
    assertOneSentence(run("experiment", "ladder", "--scale", "3b"), "unknown scale '3b'", "smoke");
    assertOneSentence(run("experiment", "--seeds", "2"), "--seeds", "no experiment is named");
    assertOneSentence(
        run("experiment", "hd", "--scale", "smoke", "--data", "x"), "--data", "makes up its data");
    assertOneSentence(run("experiment", "hd", "--benchmarks", "x"), "--benchmarks");
    assertOneSentence(run("experiment", "hd", "--offline"), "--offline has no effect");
    for (String option : new String[] {"--benchmarks=x", "--offline", "--threads=1"}) {
      assertOneSentence(
          run("experiment", "hd", "--scale", "7b", "--dry-run", option),
          option.replaceAll("=.*", "") + " would have no effect: a dry run");
    }
    assertOneSentence(run("experiment", "hd", "--seeds", "0", "--out", none), "seeds is 0");
    assertOneSentence(
        run("experiment", "hd", "--data", none, "--out", none + "-out"), "llava data build tiny");
    assertThat(Path.of(none + "-out")).doesNotExist();
    Path file = Files.writeString(folder.resolve("file"), "");
    assertOneSentence(
        run("experiment", "hd", "--scale", "smoke", "--out", file.toString()), "is a file");
    Path smoke = Files.createDirectories(folder.resolve("smoke"));
    Files.writeString(smoke.resolve("workplace.json"), "{\"scale\":\"smoke\",\"data\":\"x\"}");
    assertOneSentence(
        run("experiment", "hd", "--dry-run", "--data", none, "--out", smoke.toString()),
        "holds experiments with scale smoke, not tiny");
    Path taken = Files.createDirectories(folder.resolve("taken"));
    Files.writeString(taken.resolve("photo.jpg"), "");
    assertOneSentence(
        run("experiment", "hd", "--scale", "smoke", "--out", taken.toString()),
        "holds something else (photo.jpg)");
  }

  @Test
  void progressTellsArmStageRateAndTime() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream print = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    ExperimentProgress progress = new ExperimentProgress(print, false, () -> Instant.EPOCH);
    progress.onArm("linear", 2, 3, 4, 3725);
    progress.onStage(
        (Model.Trained)
            Catalogue.of(ExperimentName.CONNECTOR, Scale.SMOKE, Precision.FP32)
                .arms()
                .getFirst()
                .model());
    progress.onStep(new StepReport(1, 10, 2.5, 1, 1e-3, 1e-3, 16, 900, 90, 0.5, 1e9, 1));
    progress.onStep(new StepReport(10, 10, 1.5, 1, 1e-3, 1e-3, 16, 900, 90, 0.5, 1e9, 1));
    assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "run 3 of 4: \"linear\", seed 2; about 1:02:05 left altogether",
            "\"linear\": tinyFinetune, step 10/10, loss 1.500, 32.0 samples/s, 0:00:00 left of this stage");
  }
}
