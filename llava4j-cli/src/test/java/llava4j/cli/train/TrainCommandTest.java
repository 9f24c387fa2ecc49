package llava4j.cli.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import llava4j.cli.Main;
import llava4j.golden.Golden;
import llava4j.tensor.NativeRuntime;
import llava4j.tiny.train.EarlyStages;
import llava4j.train.config.Presets;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/// `llava train` as a user types it.
class TrainCommandTest {
  private static final Path BUNDLED = Path.of("").toAbsolutePath().getParent().resolve("models");

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void prepare() {
    NativeRuntime.prepare();
  }

  @Test
  void theHelpNamesEveryPreset() {
    for (String command : new String[] {"train", "data check"}) {
      out.getBuffer().setLength(0);
      String[] words = (command + " --help").split(" ");
      assertThat(run(words)).isZero();
      assertThat(Arrays.asList(out.toString().split("[\\s,.]+")))
          .containsAll(Presets.all().keySet())
          .containsAll(EarlyStages.all().keySet());
    }
  }

  /// The bundled model has half the positions that these presets have rows.
  @ParameterizedTest
  @ValueSource(strings = {"tinyPretrain", "tinyFinetune", "tinyLora"})
  void tinyPresetsFitTheBundledModelAsTheyStand(String preset) throws IOException {
    assertThat(run(train(preset, "--dry-run"))).as(err.toString()).isZero();
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void resultsNeverReplaceTheBaseModel() throws IOException {
    Path base = Files.createDirectories(folder.resolve("out"));
    try (Stream<Path> files = Files.list(BUNDLED.resolve("llava-tiny"))) {
      for (Path file : files.toList()) {
        Files.copy(file, base.resolve(file.getFileName()));
      }
    }
    String config = Files.readString(base.resolve("config.json"));
    String[] words = train("tinyLora", "maxSteps=1");
    words[Arrays.asList(words).indexOf("--base") + 1] = base.toString();
    assertThat(run(words)).isEqualTo(2);
    assertThat(err.toString()).contains("--out is the folder of --base").hasLineCount(1);
    assertThat(base.resolve("config.json")).hasContent(config);
    assertThat(base.resolve("train_config.json")).doesNotExist();
  }

  @Test
  void aDryRunWritesNothingOfBadSamplesEither() throws IOException {
    String[] words = train("tinyLora", "--dry-run", "--max-bad", "31", "deviceBatch=4");
    Path data = folder.resolve("data.jsonl");
    String all = Files.readString(data).replace("photo_444.jpg", "nowhere.jpg");
    Files.writeString(data, all.replaceFirst("nowhere.jpg", "photo_444.jpg"));
    assertThat(run(words)).as(err.toString()).isZero();
    assertThat(folder.resolve("out")).doesNotExist();
    err.getBuffer().setLength(0);
    words = train("tinyLora", "--dry-run", "--max-bad", "2", "deviceBatch=4");
    Files.writeString(data, all);
    assertThat(run(words)).isEqualTo(2);
    assertThat(err.toString()).contains("3 samples cannot be used").doesNotContain("listed");
  }

  @Test
  void moreRowsThanPositionsAreRefusedWhereTheyWereAskedFor() throws IOException {
    for (String key : new String[] {"maxLength", "data.maxlength"}) {
      err.getBuffer().setLength(0);
      assertThat(run(train("tinyLora", "--dry-run", key + "=2048"))).isEqualTo(2);
      assertThat(err.toString())
          .contains("maxLength is 2048", "llava-tiny has 1024 positions; lower maxLength")
          .hasLineCount(1);
    }
  }

  @Test
  void theLimitOfPixelsIsOneForCheckAndRun() throws IOException {
    String[] words = train("tinyLora", "--dry-run", "--max-pixels", "1000");
    assertThat(run(words)).isEqualTo(2);
    assertThat(err.toString()).contains("photo_444.jpg", "limit of 1000", "--max-pixels");
    String data = folder.resolve("data.jsonl").toString();
    String[] check = {"data", "check", data, "--images", Golden.path("images").toString()};
    assertThat(run(check)).isZero();
    assertThat(run(with(check, "--max-pixels", "1000"))).isEqualTo(1);
    err.getBuffer().setLength(0);
    for (String[] wrong :
        new String[][] {train("tinyLora", "--max-pixels", "0"), with(check, "--max-pixels", "0")}) {
      assertThat(run(wrong)).isEqualTo(2);
    }
    assertThat(err.toString().lines())
        .hasSize(2)
        .allMatch(line -> line.contains("ixels") && line.contains("between 1 and 536870911"));
  }

  private static String[] with(String[] words, String... more) {
    return Stream.of(words, more).flatMap(Stream::of).toArray(String[]::new);
  }

  @Test
  void aCheckOfDataTakesTheSmallerLengthAndSaysSo() {
    String data = Golden.path("training/stage2_data.json").toString();
    String images = Golden.path("images").toString();
    String model = BUNDLED.resolve("llava-tiny").toString();
    assertThat(run("data", "check", data, "--images", images, "-m", model))
        .as(err.toString())
        .isZero();
    assertThat(out.toString()).contains("truncated to 1024 tokens");
    assertThat(err.toString()).contains("lowered from the preset's 2048 to 1024").hasLineCount(1);
    assertThat(run("data", "check", data, "--images", images, "-m", model, "--max-length", "1025"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("maxLength is 1025", "1024 positions");
  }

  /// A run over samples of one small image. Neither a model nor data of the 7B is needed, and
  /// nothing is written.
  @Test
  void aPlanNeedsNeitherModelNorData() {
    assertThat(run("train", "finetune7b", "--dry-run", "--on", "8xH100", "--price", "2"))
        .as(err.toString())
        .isZero();
    assertThat(out.toString())
        .contains("plan for finetune7b on 8xH100", "5,198 steps", "MFU", "2.0 for an hour")
        .contains("fits: ");
    out.getBuffer().setLength(0);
    assertThat(run("train", "finetune7b", "--dry-run", "--on", "H100")).isEqualTo(1);
    assertThat(out.toString()).contains("does not fit", "what fits: llava train lora7b");
  }

  @Test
  void theAdviceOfAPlanKeepsWhatTheUserSet() {
    String[] words =
        "train finetune7b --dry-run --on A100 globalBatch=64 data.maxLength=1024 deviceBatch=32"
            .split(" ");
    assertThat(run(words)).as(err.toString()).isEqualTo(1);
    assertThat(out.toString())
        .containsPattern(
            "llava train lora7b globalBatch=64 data.maxLength=1024 deviceBatch=(32|16|8|4|2|1) \\(")
        .containsPattern(
            "llava train qlora7b globalBatch=64 data.maxLength=1024 deviceBatch=\\d+ ");
  }

  @Test
  void aPlanWithABaseUsesItsVisionTowerAndProjector() throws IOException {
    List<String> words =
        new ArrayList<>(List.of(train("tinyFinetune", "--dry-run", "--on", "A100")));
    int device = words.indexOf("--device");
    words.subList(device, device + 2).clear();
    words.addAll(List.of("--projector", folder.resolve("none.bin").toString()));
    assertThat(run(words.toArray(String[]::new))).isEqualTo(2);
    assertThat(err.toString()).contains("none.bin").hasLineCount(1);
    err.getBuffer().setLength(0);
    words.subList(words.size() - 2, words.size()).clear();
    words.addAll(List.of("--projector-type", "linear"));
    assertThat(run(words.toArray(String[]::new))).isEqualTo(2);
    assertThat(err.toString()).contains("--projector-type would have no effect");
  }

  @Test
  void aPlanReadsShapesAndSamplesThatAreHere() throws IOException {
    List<String> words =
        new ArrayList<>(List.of(train("tinyFinetune", "--dry-run", "--on", "A100")));
    int device = words.indexOf("--device");
    words.subList(device, device + 2).clear(); // --on says where
    assertThat(run(words.toArray(String[]::new))).as(err.toString()).isZero();
    assertThat(out.toString()).contains("data: data.jsonl, counted in words, 32 samples");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--on 8xB300 --dry-run | unknown device 'B300': use one of A100",
        "--on 8xH100 | --on only forecasts; add --dry-run",
        "--price 2 --dry-run | --price would have no effect",
        "--on 8xH100 --dry-run --processes 2 | --processes would have no effect",
        "--on 8xH100 --dry-run --price 0 | --price is 0.0; it must be above 0",
        "--on 16x8xH100 --dry-run | globalBatch is 128",
        "--on 8xH100 --dry-run --vision-tower clip | --vision-tower would have no effect: the shapes are the published",
        "--on 8xH100 --dry-run --base no/where --projector p.bin | --projector would have no effect: the shapes are the published ones, because no/where is not",
        "--on 8xH100 --dry-run --projector-type linear | --projector-type would have no effect",
        "--dry-run | Missing required options: '--base=MODEL', '--data=FILE', '--out=DIR'"
      })
  void whatAPlanCannotUseIsNamed(String options, String message) {
    String[] words = ("train finetune7b " + options).split(" ");
    assertThat(run(words)).isEqualTo(2);
    assertThat(err.toString()).contains(message).hasLineCount(1);
  }

  @Test
  void aPlanOfATinyPresetNeedsAModel() {
    assertThat(run("train", "tinyFinetune", "--dry-run", "--on", "A100")).isEqualTo(2);
    assertThat(err.toString()).contains("name a model that is on this machine with --base");
  }

  private String[] train(String preset, String... more) throws IOException {
    StringBuilder samples = new StringBuilder();
    for (int i = 0; i < 32; i++) {
      samples
          .append("{\"id\":\"")
          .append(i)
          .append(
              "\",\"image\":\"photo_444.jpg\",\"conversations\":[{\"from\":\"human\",\"value\":")
          .append("\"<image>\\nwhat is it?\"},{\"from\":\"gpt\",\"value\":\"a photo\"}]}\n");
    }
    Path data = Files.writeString(folder.resolve("data.jsonl"), samples.toString());
    return Stream.concat(
            Stream.of(
                "train",
                preset,
                "--base",
                BUNDLED.resolve("llava-tiny").toString(),
                "--data",
                data.toString(),
                "--images",
                Golden.path("images").toString(),
                "--out",
                folder.resolve("out").toString(),
                "--device",
                "cpu"),
            Arrays.stream(more))
        .toArray(String[]::new);
  }

  private int run(String... arguments) {
    CommandLine commandLine =
        Main.commandLine(new PrintWriter(out, true), new PrintWriter(err, true));
    return Main.execute(commandLine, arguments);
  }
}
