package llava4j.cli.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import llava4j.cli.Main;
import llava4j.golden.Golden;
import llava4j.tensor.NativeRuntime;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantizeCommandTest {
  private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final String tiny = CHECKOUT.resolve("models/llava-tiny").toString();
  private final String penguin = CHECKOUT.resolve("examples/images/penguin.png").toString();

  @BeforeAll
  static void prepare() {
    NativeRuntime.prepare();
  }

  @Test
  void theBundledModelInEightBitsAnswersAsBefore() throws Exception {
    Path written = folder.resolve("new/tiny-q8");
    assertThat(run("quantize", tiny, "--to", "q8", "--out", written.toString(), "--check"))
        .as(err.toString())
        .isZero();
    assertThat(out.toString()).startsWith(written + System.lineSeparator());
    assertThat(divergence()).isBetween(0.0, 0.002);
    try (var files = Files.list(written)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("llava-tiny-q8_0.gguf", "mmproj-llava-tiny-f16.gguf");
    }
    assertThat(folder.resolve("new")).isDirectoryNotContaining("glob:**.part");
    assertThat(answer(written.toString())).isEqualTo(answer(tiny)).contains("penguin");
  }

  @Test
  void fourBitsAreWrittenAsConvertWritesThemAndAreFartherAway() throws Exception {
    Path written = Files.createDirectory(folder.resolve("tiny-q4"));
    Path converted = folder.resolve("converted");
    assertThat(run("quantize", "-m", tiny, "--to", "Q4", "--out", written.toString(), "--check"))
        .as(err.toString())
        .isZero();
    assertThat(divergence()).isBetween(0.001, 0.5);
    run("convert", "-m", tiny, "--to", "gguf-q4_0", converted.toString());
    assertThat(written.resolve("llava-tiny-q4_0.gguf"))
        .hasSameBinaryContentAs(converted.resolve("llava-tiny-q4_0.gguf"));
    refused("is not empty", "quantize", tiny, "--to", "q4", "--out", written.toString());
    refused(
        "is quantised already (Q4_0)",
        "quantize",
        written.toString(),
        "--to",
        "q8",
        "--out",
        folder.resolve("again").toString());
    assertThat(folder.resolve("again")).doesNotExist();
  }

  /// A folder with a name like that of our unfinished work belongs to somebody else.
  @Test
  void nothingBesideTheFolderIsTouchedOrLeft() throws Exception {
    Path theirs = Files.createDirectories(folder.resolve("model.part")).resolve("notes.txt");
    Files.writeString(theirs, "mine");
    String model = Golden.path("hf_gqa").toString();
    String to = folder.resolve("model").toString();
    assertThat(run("quantize", model, "--to", "q8", "--out", to)).as(err.toString()).isZero();
    assertThat(theirs).hasContent("mine");
    assertThat(folder.resolve("model")).isDirectoryNotContaining("glob:**.part");
    try (Stream<Path> beside = Files.list(folder)) {
      assertThat(beside.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("model", "model.part");
    }
  }

  @Test
  void otherLayoutsAndWordsAreRefusedBeforeAnythingIsWritten() throws Exception {
    String to = folder.resolve("out").toString();
    refused("--weights q4", "quantize", tiny, "--to", "q4", "--out", to, "--format", "safetensors");
    refused("--to", "quantize", tiny, "--to", "q3", "--out", to);
    refused("--out", "quantize", tiny, "--to", "q4");
    refused("--model", "quantize", tiny, "-m", tiny, "--to", "q4", "--out", to);
    Path file = Files.writeString(folder.resolve("file"), "x");
    refused("is not a folder", "quantize", tiny, "--to", "q4", "--out", file.toString());
    assertThat(Path.of(to)).doesNotExist();
  }

  @Test
  void theDivergenceOfEqualDistributionsIsZeroAndOfKnownOnesIsKnown() {
    double[] p = {Math.log(0.75), Math.log(0.25)};
    double[] q = {Math.log(0.25), Math.log(0.75)};
    assertThat(QuantizationCheck.of(List.of(p), List.of(p)))
        .isEqualTo(new QuantizationCheck(0, 1, 1));
    QuantizationCheck half = QuantizationCheck.of(List.of(p, p), List.of(p, q));
    assertThat(half.divergence()).isCloseTo(0.25 * Math.log(3), within(1e-12));
    assertThat(half.sameTop()).isEqualTo(0.5);
  }

  private double divergence() {
    Matcher found =
        Pattern.compile("divergence from the original: ([0-9.]+)").matcher(out.toString());
    assertThat(found.find()).as(out.toString()).isTrue();
    return Double.parseDouble(found.group(1));
  }

  private String answer(String model) {
    out.getBuffer().setLength(0);
    assertThat(run("ask", "-m", model, penguin, "What is in this image?"))
        .as(err.toString())
        .isZero();
    return out.toString();
  }

  private void refused(String named, String... words) {
    err.getBuffer().setLength(0);
    assertThat(run(words)).as(err.toString()).isEqualTo(2);
    assertThat(err.toString()).contains(named).hasLineCount(1);
  }

  private int run(String... words) {
    return Main.execute(
        Main.commandLine(new PrintWriter(out, true), new PrintWriter(err, true)), words);
  }
}
