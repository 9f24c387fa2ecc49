package llava4j.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.cli.Main;
import llava4j.cli.terminal.Failures;
import llava4j.data.SampleFile;
import llava4j.golden.Golden;
import llava4j.tensor.NativeRuntime;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// `llava data check` and `llava data stats` as a user types them.
class DataCommandsTest {
  private static final String SOUND =
      "{\"id\":\"sound\",\"image\":\"photo_444.jpg\",\"conversations\":"
          + "[{\"from\":\"human\",\"value\":\"<image>\\nwhat\"},{\"from\":\"gpt\",\"value\":\"it\"}]}";
  private static final String BAD =
      SOUND.replace("photo_444.jpg", "none.jpg").replace("sound", "bad");

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final String images = Golden.path("images").toString();
  private final String model = Golden.path("original").toString();

  @BeforeAll
  static void prepare() {
    NativeRuntime.prepare();
  }

  @Test
  void soundDataIsExitCode0() throws IOException {
    assertThat(run("data", "check", file(SOUND), "--images", images)).isZero();
    assertThat(out.toString())
        .contains("1 samples, 1 with an image", "not counted", "training run: none");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void problemsAreExitCode1AndNoTrace() throws IOException {
    assertThat(run("data", "check", file(SOUND, BAD), "--images", images)).isEqualTo(1);
    assertThat(out.toString()).contains("1  the image does not exist: 'bad' (1)");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void whatIsOddCountsWhereOneAsksForIt() throws IOException {
    String file = file(SOUND, SOUND);
    assertThat(run("data", "check", file, "--images", images)).isZero();
    assertThat(out.toString()).contains("1  the same id as an earlier sample: 'sound' (1)");
    assertThat(run("data", "check", file, "--images", images, "--strict")).isEqualTo(1);
  }

  /// The paper's, or what the model has.
  private int room() {
    try (Checkpoint checkpoint =
        new CheckpointOpener(CheckpointOptions.none()).open(Path.of(model))) {
      return Math.min(2048, checkpoint.config().contextLength());
    }
  }

  @Test
  void aModelCountsLengths() throws IOException {
    String report = folder.resolve("out").toString();
    assertThat(run("data", "check", file(SOUND), "--images", images, "-m", model, "--out", report))
        .as(err.toString())
        .isZero();
    assertThat(out.toString())
        .contains("of 1 valid samples", "truncated to " + room() + " tokens: 0");
    try (Stream<Path> files = Files.list(folder.resolve("out"))) {
      assertThat(files.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "check.txt", "check.json", "problems.jsonl", "token_lengths.png");
    }
    assertThat(
            run("data", "check", file(SOUND), "--images", images, "-m", model, "--max-length", "9"))
        .isEqualTo(1);
    assertThat(out.toString()).contains("labels cannot be computed", "within its first 9 tokens");
  }

  @Test
  void thePresetDecidesWhatCanBeTrained() throws IOException {
    String file =
        file(
            "{\"id\":\"text\",\"conversations\":"
                + "[{\"from\":\"human\",\"value\":\"q\"},{\"from\":\"gpt\",\"value\":\"a\"}]}");
    assertThat(run("data", "check", file, "-m", model)).as(err.toString()).isZero();
    assertThat(run("data", "check", file, "-m", model, "--preset", "pretrain7b")).isEqualTo(1);
    assertThat(out.toString()).contains("a caption sample needs one");
  }

  @Test
  void theFixedFileChecksCleanAndOpens() throws IOException {
    Path clean = folder.resolve("clean.json");
    String file = file(SOUND, BAD, "{\"id\":\"x\"}");
    assertThat(run("data", "check", file, "--images", images, "--fix", clean.toString()))
        .isEqualTo(1);
    assertThat(out.toString())
        .contains(
            "clean copy: "
                + clean
                + " with 1 samples; 2 left out, listed in "
                + clean
                + ".dropped");
    assertThat(Files.readAllLines(Path.of(clean + ".dropped.jsonl"))).hasSize(2);
    try (SampleFile samples = SampleFile.open(clean)) {
      assertThat(samples.get(0).id()).isEqualTo("sound");
    }
    assertThat(run("data", "check", clean.toString(), "--images", images, "--strict")).isZero();
  }

  @Test
  void aPageIsWritten() throws IOException {
    String pages = folder.resolve("pages").toString();
    String file = file(SOUND);
    assertThat(run("data", "stats", file, "--images", images, "--out", pages, "--examples", "1"))
        .isZero();
    assertThat(out.toString().strip()).isEqualTo(folder.resolve("pages/stats.html").toString());
    assertThat(folder.resolve("pages/stats.html")).content().contains("data:image/jpeg;base64,");
  }

  @Test
  void badInputIsOneSentenceAndExitCode2() throws IOException {
    String file = file(SOUND);
    String none = folder.resolve("none").toString();
    Path table = Files.writeString(folder.resolve("table.csv"), "id,image\n1,2\n");
    for (String command : List.of("check", "stats")) {
      String out = folder.resolve("out").toString();
      assertOneSentence(run("data", command, none, "--out", out), "none does not exist");
      assertOneSentence(run("data", command, table.toString(), "--out", out), "not valid JSON");
      assertOneSentence(
          run("data", command, file, "--images", none, "--out", out), "none is not a folder");
      assertOneSentence(run("data", command, file, "--out", file), "samples.json");
      assertOneSentence(run("data", command), "FILE");
    }
    assertOneSentence(run("data", "check", file, "--fix", file), "choose another name");
    assertOneSentence(run("data", "check", file, "--max-length", "9"), "--max-length needs");
    assertOneSentence(run("data", "check", file, "-m", model, "--max-length", "0"), "maxLength");
    assertOneSentence(run("data", "check", file, "-m", none), "none");
    assertOneSentence(run("data", "check", file, "--preset", "huge"), "huge");
    assertOneSentence(run("data", "check", file, "--fix", file + "/x.json"), "cannot be written");
    assertOneSentence(run("data", "stats", file), "--out");
    assertOneSentence(run("data", "stats", file, "--out", none, "--examples", "-1"), "--examples");
  }

  @Test
  void aFileOfWhichNothingIsLeftIsNotWritten() throws IOException {
    Path clean = folder.resolve("clean.json");
    assertOneSentence(
        run("data", "check", file(BAD), "--images", images, "--fix", clean.toString()),
        "no sample would be left");
    assertThat(clean).doesNotExist();
    assertThat(Path.of(clean + ".dropped.jsonl")).doesNotExist();
  }

  @Test
  void anInterruptIsExitCode130AndLeavesNoFile() throws IOException {
    String file = file(Stream.generate(() -> SOUND).limit(5000).toArray(String[]::new));
    Path clean = folder.resolve("clean.json");
    Thread.currentThread().interrupt();
    assertThat(run("data", "check", file, "--images", images, "--fix", clean.toString()))
        .isEqualTo(Failures.INTERRUPTED);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(err.toString()).isEmpty();
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactly(Path.of(file));
    }
    Thread.currentThread().interrupt();
    assertThat(run("data", "stats", file, "--images", images, "--out", folder.toString()))
        .isEqualTo(Failures.INTERRUPTED);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void helpTellsTheExitCodeAndExamples() {
    assertThat(run("data", "check", "--help")).isZero();
    assertThat(out.toString())
        .containsPattern("1 +problems were found")
        .contains("llava data check mine.json");
    assertThat(run("data", "stats", "--help")).isZero();
    assertThat(out.toString()).contains("llava data stats mine.json");
    assertThat(run("data", "--help")).isZero();
    assertThat(out.toString()).contains("check  ", "stats  ");
  }

  private String file(String... samples) throws IOException {
    return Files.writeString(
            folder.resolve("samples.json"), "[" + String.join(",\n", samples) + "]")
        .toString();
  }

  private void assertOneSentence(int exitCode, String named) {
    assertThat(exitCode).isEqualTo(2);
    assertThat(err.toString().strip())
        .startsWith("llava: ")
        .contains(named)
        .doesNotContain("\tat ")
        .hasLineCount(1);
    err.getBuffer().setLength(0);
  }

  private int run(String... arguments) {
    CommandLine commandLine =
        Main.commandLine(new PrintWriter(out, true), new PrintWriter(err, true));
    return Main.execute(commandLine, arguments);
  }
}
