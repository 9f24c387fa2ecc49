package llava4j.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.cli.Main;
import llava4j.golden.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `llava data build` as a user types it, on miniatures of every source.
class BuildMixtureTest {
  private static final Path MIXTURE = Path.of("../llava4j-data/src/test/resources/mixture");
  private static final String SOURCES = MIXTURE.resolve("sources").toString();

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void theMixtureIsExactlyTheOneCheckedByHand() {
    Path file = folder.resolve("mix.json");
    assertThat(build("mix665k", "--sources", SOURCES, "--out", file.toString())).isZero();
    assertThat(file).hasSameTextualContentAs(MIXTURE.resolve("expected-mix665k.json"));
    assertThat(err.toString()).contains("without --tokenizer", "estimated");
  }

  @Test
  void theTableSaysWhatDiffersAndWhy() {
    assertThat(build("mix665k", "--sources", SOURCES, "--out", path("mix.json"))).isZero();
    assertThat(out.toString().lines().map(String::strip).map(line -> line.replaceAll(" +", " ")))
        .contains(
            "LLaVA-Instruct 157712 3 -157709",
            "conversations with <image> in a wrong place: 1",
            "VQAv2 82783 3 -82780",
            "rows read: 8",
            "questions without an answer in the annotations: 1",
            "RefCOCO/+/g 48447 4 -48443",
            "regions without a box inside their image: 2",
            "Visual Genome 86417 2 -86415",
            "regions beyond the maximum per image: 2",
            "total 665298 38 -665260",
            "written: " + path("mix.json"));
  }

  @Test
  void aTokenizerCountsWhatFits() throws IOException {
    String model = Golden.path("original").toString();
    String[] common = {"mix665k", "--sources", SOURCES, "--only", "sharegpt", "--out"};
    assertThat(build(with(common, path("a.json"), "--tokenizer", model))).isZero();
    assertThat(err.toString()).isEmpty();
    assertThat(build(with(common, path("b.json"), "--tokenizer", model + "/tokenizer.model")))
        .isZero();
    assertThat(Files.readString(folder.resolve("a.json")))
        .isEqualTo(Files.readString(folder.resolve("b.json")))
        .contains("\"aaaaaaa\"");
  }

  @Test
  void aPartIsBuiltByName() {
    assertThat(build("mix665k", "--sources", SOURCES, "--out", path("a.json"), "--only", "vg,gqa"))
        .isZero();
    assertThat(out.toString()).contains("GQA", "Visual Genome").doesNotContain("OK-VQA", "VQAv2");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void stageOneIsWrittenToo() {
    Path file = folder.resolve("pretrain.json");
    assertThat(build("pretrain558k", "--sources", SOURCES, "--out", file.toString())).isZero();
    assertThat(out.toString()).contains("LCS-558K", "558128", "-558126", "blank question");
    assertThat(file)
        .hasSameTextualContentAs(
            MIXTURE.resolve("expected-pretrain558k.json"), StandardCharsets.UTF_8);
  }

  @Test
  void mistakesAreOneSentence() {
    assertRefused("vqav2/v2_mscoco_train2014_annotations.json", "--sources", folder.toString());
    assertRefused("is not a folder", "--sources", path("nowhere"));
    assertRefused("'coco' is not a source", "--sources", SOURCES, "--only", "coco");
    assertRefused(
        "is not a folder; choose the folder of the images",
        "--sources",
        SOURCES,
        "--images",
        path("nowhere"));
    assertRefused("tokenizer", "--sources", SOURCES, "--tokenizer", folder.toString());
    assertThat(folder).isEmptyDirectory();
    assertThat(run("data", "build")).isEqualTo(2);
    assertThat(err.toString()).contains("a mixture is missing");
  }

  @Test
  void helpShowsExamples() {
    assertThat(build("mix665k", "--help")).isZero();
    assertThat(build("pretrain558k", "--help")).isZero();
    assertThat(run("data", "build", "--help")).isZero();
    assertThat(out.toString())
        .contains("llava data build mix665k --sources", "llava data build pretrain558k --sources");
  }

  private void assertRefused(String named, String... arguments) {
    err.getBuffer().setLength(0);
    assertThat(build(with(new String[] {"mix665k", "--out", path("out.json")}, arguments)))
        .isEqualTo(2);
    assertThat(err.toString().strip()).startsWith("llava: ").contains(named).hasLineCount(1);
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private static String[] with(String[] arguments, String... more) {
    String[] all = new String[arguments.length + more.length];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return all;
  }

  private int build(String... arguments) {
    return run(with(new String[] {"data", "build"}, arguments));
  }

  private int run(String... arguments) {
    return Main.execute(
        Main.commandLine(new PrintWriter(out, true), new PrintWriter(err, true)), arguments);
  }
}
