package llava4j.cli.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import llava4j.cli.Main;
import llava4j.eval.EvalRun;
import llava4j.eval.Shard;
import llava4j.eval.tiny.TinyBenchmarks;
import llava4j.golden.Golden;
import llava4j.io.FolderLock;
import llava4j.tensor.NativeRuntime;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// `llava eval` as a user types it, on miniatures and golden checkpoints.
class EvalCommandTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final String model = Golden.path("original").toString();
  private final String other = Golden.path("hf_gqa").toString();
  private Path data;

  @BeforeAll
  static void prepare() {
    NativeRuntime.prepare();
  }

  @BeforeEach
  void write() {
    data = folder.resolve("data");
    TinyBenchmarks.write(data);
  }

  @Test
  void scoresGoOnAndCompareTwoModels() throws IOException {
    Path first = folder.resolve("first");
    assertThat(eval(first, model, "pope", "--sheet", "3")).isZero();
    assertThat(out.toString()).contains("POPE: mean F1", "report.html", "pope-sheet.html");
    String answers = Files.readString(first.resolve("pope.jsonl"));
    assertThat(eval(first, other, "pope")).isEqualTo(2);
    assertThat(err.toString())
        .contains("contains answers of another run (", "weights (fingerprint)", "--out")
        .containsOnlyOnce("answers of another run");
    assertThat(eval(first, model, "pope")).isZero();
    assertThat(first.resolve("pope.jsonl")).hasContent(answers);
    Path second = folder.resolve("second");
    assertThat(eval(second, other, "pope", "--against", first.toString())).isZero();
    assertThat(Files.readString(first.resolve("report.md"))).contains("- template: vicuna_v1");
    assertThat(Files.readString(second.resolve("report.md")))
        .contains("| original | p |", "- image mode: Pad, ", "cpu, activations")
        .containsPattern("- template: (vicuna_v1|chat_template \\w+)"); // its folder's own
  }

  /// Hugging Face's template of LLaVA-1.5 has no system text, which the original's evaluation asks
  /// with; the templates that we write have it.
  @Test
  void aPromptOtherThanTheOriginalsIsSaid() throws IOException {
    Path written = folder.resolve("written");
    assertThat(run("convert", "-m", model, "--to", "hf", written.toString())).isZero();
    assertThat(written.resolve("chat_template.jinja")).isRegularFile();
    assertThat(eval(folder.resolve("one"), written.toString(), "pope")).isZero();
    assertThat(err.toString()).isEmpty();
    Files.writeString(
        written.resolve("chat_template.jinja"),
        "{% for m in messages %}USER: {% for c in m['content'] %}"
            + "{{ '<image>' if c['type'] == 'image' else '\n' + c['text'] }}{% endfor %}{% endfor %} ASSISTANT:");
    assertThat(eval(folder.resolve("two"), written.toString(), "pope")).isZero();
    assertThat(err.toString())
        .contains("own chat template", "--template vicuna_v1")
        .hasLineCount(1);
    String[] asked = {"--template", "vicuna_v1"};
    assertThat(eval(folder.resolve("three"), written.toString(), "pope", asked)).isZero();
    assertThat(err.toString()).hasLineCount(1);
  }

  @Test
  void shardsAndBlindRunsHaveTheirOwnSettings() throws IOException {
    Path parts = folder.resolve("parts");
    assertThat(eval(parts, model, "gqa", "--shard", "0/2")).isZero();
    assertThat(eval(parts, other, "gqa", "--shard", "1/2")).isZero();
    assertThat(eval(parts, model, "gqa", "--merge", "2")).isEqualTo(2);
    assertThat(err.toString()).containsOnlyOnce("differs (model: hf_gqa, not original;");
    Path blind = folder.resolve("blind");
    assertThat(eval(blind, model, "gqa", "--blind")).isZero();
    assertThat(Files.readString(blind.resolve("report.md"))).contains("- images: left out");
    assertThat(eval(blind, model, "gqa")).isEqualTo(2);
    assertThat(err.toString()).contains("images: shown, not left out");
  }

  @Test
  void aFolderBelongsToOneRunAtATime() {
    Path shared = folder.resolve("shared");
    try (FolderLock _ = EvalRun.lock(shared, Shard.whole())) {
      assertThat(eval(shared, model, "pope")).isEqualTo(2);
      assertThat(err.toString())
          .contains(
              shared + " is in use by another run; wait until it ends, or choose another --out")
          .hasLineCount(1);
      assertThat(shared.resolve("pope.jsonl")).doesNotExist();
      assertThat(eval(shared, model, "pope", "--shard", "0/2")).isZero();
    }
    assertThat(eval(shared, model, "pope")).isZero();
  }

  @Test
  void theLimitOfPixelsIsASettingOfTheRun() throws IOException {
    Path results = folder.resolve("results");
    assertThat(eval(results, model, "pope", "--max-pixels", "9")).isEqualTo(2);
    assertThat(err.toString()).contains("limit of 9", "--max-pixels").hasLineCount(1);
    Path other = folder.resolve("other");
    assertThat(eval(other, model, "pope", "--max-pixels", "1000000")).isZero();
    assertThat(Files.readString(other.resolve("report.md")))
        .contains("images of at most 1000000 pixels");
    assertThat(eval(other, model, "pope")).isEqualTo(2);
    assertThat(err.toString()).contains("pixels: ");
  }

  @Test
  void whatIsMissingIsSaidBeforeAModelLoads() throws IOException {
    Path results = folder.resolve("results");
    assertThat(run("eval", "pope", "-m", "nowhere", "--out", results.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("--data is missing");
    assertThat(eval(results, "nowhere", "popes")).isEqualTo(2);
    assertThat(err.toString()).contains("unknown benchmark 'popes'");
    Files.delete(data.resolve("gqa/images/" + aImage()));
    assertThat(eval(results, "nowhere", "gqa")).isEqualTo(2);
    assertThat(err.toString()).contains("GQA lacks 1 image(s), the first of them", aImage());
    Files.delete(data.resolve("llava-bench-in-the-wild/rule.json"));
    assertThat(eval(results, "nowhere", "llavabench", "--judge-url", "http://localhost/v1"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("rule.json is missing; it comes from");
    assertThat(err.toString()).hasLineCount(4);
  }

  @Test
  void benchmarksAskedAtDifferentTimesShareAReport() throws IOException {
    Path results = folder.resolve("results");
    assertThat(eval(results, model, "gqa")).isZero();
    assertThat(eval(results, model, "vizwiz")).isZero();
    assertThat(out.toString()).contains("VizWiz: scored by the benchmark's server; the report has");
    assertThat(eval(results, model, "gqa", "vizwiz", "--merge", "1")).isZero();
    assertThat(Files.readString(results.resolve("report.md")))
        .contains("| GQA | accuracy |", "| VizWiz | by its server |", "| 50.0 | 53.6 |");
  }

  @Test
  void videosAreForSeedAlone() {
    Path results = folder.resolve("results");
    String videos = folder.resolve("videos").toString();
    assertThat(eval(results, "nowhere", "pope", "--videos", videos)).isEqualTo(2);
    assertThat(err.toString()).contains("--videos would have no effect: only seed has videos");
    assertThat(eval(results, "nowhere", "seed", "--blind", "--videos", videos)).isEqualTo(2);
    assertThat(err.toString()).contains("--blind asks without the frames");
    assertThat(eval(results, "nowhere", "seed", "--videos", videos)).isEqualTo(2);
    assertThat(err.toString())
        .contains(videos + " is not a folder; give the one of SEED-Bench's videos")
        .hasLineCount(3);
  }

  private String aImage() throws IOException {
    String line =
        Files.readAllLines(data.resolve("gqa/llava_gqa_testdev_balanced.jsonl")).getFirst();
    return line.replaceFirst(".*\"image\":\"", "").replaceFirst("\".*", "");
  }

  private int eval(Path results, String checkpoint, String task, String... more) {
    List<String> words =
        new ArrayList<>(List.of("eval", task, "-m", checkpoint, "--data", data.toString()));
    words.addAll(List.of("--out", results.toString(), "--max-tokens", "2"));
    words.addAll(List.of(more));
    return run(words.toArray(String[]::new));
  }

  private int run(String... arguments) {
    CommandLine commandLine =
        Main.commandLine(new PrintWriter(out, true), new PrintWriter(err, true));
    return Main.execute(commandLine, arguments);
  }
}
