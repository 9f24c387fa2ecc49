package llava4j.train.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import llava4j.train.RunPlan;
import llava4j.train.StepReport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
  private static final Path OUT = Path.of("out");

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
  private Instant now;

  @BeforeEach
  void setTheClock() {
    now = Instant.parse("2025-01-01T00:00:00Z");
  }

  @Test
  void theStartSaysWhatIsToCome() {
    line(false).onStart(new RunPlan("lora7b", OUT, 100, 5198, 128, 319_815_680, 0));
    assertThat(printed())
        .isEqualTo(
            "lora7b: steps 101 to 5198, 128 samples each, 319,815,680 trainable parameters\n");
  }

  @Test
  void aStepTellsItsFigures() {
    ProgressLine line = started(false);
    line.onStep(StepReports.report(4, 1000));
    assertThat(printed())
        .isEqualTo(
            "step 4/1000 (0.4 %)  loss 2.0000  lr 4.0e-04  grad 1.00  8.0 samples/s"
                + "  2.0k tokens/s  MFU 50 %  ETA 0:33:12\n");
  }

  @Test
  void withoutAPeakThereIsNoMfu() {
    ProgressLine line = line(false);
    line.onStart(new RunPlan("x", OUT, 0, 10, 16, 1, 0));
    line.onStep(StepReports.report(1, 10));
    assertThat(printed()).contains("tokens/s  ETA").doesNotContain("MFU");
  }

  @Test
  void theEstimateIsTheMeanOfTheLastTwentySteps() {
    ProgressLine line = started(true);
    for (int step = 1; step <= 10; step++) {
      line.onStep(StepReports.report(step, 1000, 1, 100));
    }
    for (int step = 11; step <= 20; step++) {
      line.onStep(StepReports.report(step, 1000, 1, 2));
    }
    assertThat(printed()).endsWith("ETA 13:53:00");
    for (int step = 21; step <= 30; step++) {
      line.onStep(StepReports.report(step, 1000, 1, 2));
    }
    assertThat(printed()).as("slow steps are forgotten").endsWith("ETA 0:32:20");
  }

  @Test
  void theLastStepHasNothingLeft() {
    ProgressLine line = started(false);
    line.onStep(StepReports.report(1000, 1000));
    assertThat(printed()).contains("(100.0 %)").endsWith("ETA 0:00:00\n");
  }

  @Test
  void daysAreHours() {
    ProgressLine line = started(false);
    line.onStep(new StepReport(1, 5198, 1, 1, 1, 1, 1, 1, 1, 100, 1, 1));
    assertThat(printed()).endsWith("ETA 144:21:40\n");
  }

  @Test
  void elsewhereALineComesEveryTenSecondsAndAtTheEnd() {
    ProgressLine line = started(false);
    for (int step = 1; step <= 12; step++) {
      line.onStep(StepReports.report(step, 12));
      now = now.plusSeconds(4);
    }
    assertThat(printed().lines().map(text -> text.replaceAll(" \\(.*", "")))
        .containsExactly("step 1/12", "step 4/12", "step 7/12", "step 10/12", "step 12/12");
    assertThat(printed()).doesNotContain("\r");
  }

  @Test
  void aTerminalsLineIsWrittenOverWhole() {
    ProgressLine line = started(true);
    line.onStep(StepReports.report(1, 100, 1234.5, 1000));
    String first = printed();
    bytes.reset();
    line.onStep(StepReports.report(2, 100, 1, 1));
    assertThat(first).startsWith("\r").doesNotContain("\n");
    assertThat(printed()).startsWith("\rstep 2/100").doesNotContain("\n");
    assertThat(printed().length())
        .as("covers the longer one")
        .isGreaterThanOrEqualTo(first.length());
  }

  @Test
  void notesStandOnLinesOfTheirOwn() {
    ProgressLine line = started(true);
    line.onStep(StepReports.report(1, 100));
    line.onCheckpoint(Path.of("out", "step-1"), 1);
    line.onNote("a note");
    line.onStep(StepReports.report(2, 100));
    line.onEnd(true);
    assertThat(printed().lines().skip(2))
        .first()
        .isEqualTo("checkpoint " + Path.of("out", "step-1"));
    assertThat(printed()).contains("\na note\n\rstep 2/100").endsWith("\n");
  }

  @Test
  void theCheckpointOfTheStartIsNotTold() {
    started(false).onCheckpoint(OUT, 0);
    assertThat(printed()).isEmpty();
  }

  @Test
  void anEndAfterWholeLinesAddsNone() {
    ProgressLine line = started(false);
    line.onStep(StepReports.report(1, 1));
    String before = printed();
    line.onEnd(true);
    assertThat(printed()).isEqualTo(before);
  }

  private ProgressLine started(boolean terminal) {
    ProgressLine line = line(terminal);
    line.onStart(StepReports.plan(OUT, 0, 1000));
    bytes.reset();
    return line;
  }

  private ProgressLine line(boolean terminal) {
    return new ProgressLine(out, terminal, () -> now);
  }

  private String printed() {
    return bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
  }
}
