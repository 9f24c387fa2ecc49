package llava4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import llava4j.eval.task.Answer;
import llava4j.eval.task.BlindTask;
import llava4j.eval.task.PopeTask;
import llava4j.eval.task.Question;
import llava4j.eval.task.Task;
import llava4j.eval.task.TaskName;
import llava4j.eval.tiny.TinyBenchmarks;
import llava4j.text.ResponseFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvalRunTest {
  @TempDir Path folder;

  @Test
  void everyQuestionIsAskedOnceNeighboursShareAImage() throws IOException {
    Task task = MiniPope.write(folder.resolve("data"), 60);
    List<Question> asked = new ArrayList<>();
    EvalRun run = new EvalRun(task, settings(task, "m"), folder.resolve("out"), Shard.whole(), 7);
    run.run(MiniPope.answerer(asked), (_, _) -> {});
    assertThat(asked).hasSize(60).doesNotHaveDuplicates();
    int changes = 0;
    Set<String> images = new HashSet<>();
    for (int i = 0; i < asked.size(); i++) {
      String name = asked.get(i).image().orElseThrow().name();
      changes += i == 0 || !asked.get(i - 1).image().orElseThrow().name().equals(name) ? 1 : 0;
      images.add(name);
    }
    assertThat(changes).as("changes of the image").isEqualTo(images.size());
    List<Answer> answers = EvalRun.collect(task, folder.resolve("out"), settings(task, "m"), 1);
    assertThat(answers).hasSize(60);
    assertThat(task.score(answers).orElseThrow().points()).hasSize(60);
    String first = Files.readAllLines(folder.resolve("out/pope.jsonl")).getFirst();
    assertThat(first).contains("\"question_id\":1,").contains("\"number\":0");
  }

  @Test
  void killedThreeTimesTheAnswersAreThoseOfARunThatWasNot() throws Exception {
    Path data = folder.resolve("data");
    Task task = MiniPope.write(data, 120);
    Path whole = folder.resolve("whole");
    new EvalRun(task, settings(task, "m"), whole, Shard.whole(), 4)
        .run(MiniPope.answerer(new ArrayList<>()), (_, _) -> {});
    Path out = folder.resolve("out");
    Random random = new Random(System.nanoTime());
    int killed = 0;
    while (killed < 3) {
      Process process = MiniPope.process(data, out);
      int target = lines(out) + 1 + random.nextInt(25);
      while (process.isAlive() && lines(out) < target) {
        TimeUnit.MILLISECONDS.sleep(2);
      }
      assertThat(process.isAlive()).as("still at work when it is killed").isTrue();
      process.destroyForcibly().waitFor();
      killed++;
    }
    int before = lines(out);
    assertThat(before).isBetween(3, 119);
    Process last = MiniPope.process(data, out);
    String said = new String(last.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(last.waitFor()).as(said).isZero();
    assertThat(said).contains("asked " + (120 - before));
    assertThat(Files.readString(out.resolve("pope.jsonl")))
        .isEqualTo(Files.readString(whole.resolve("pope.jsonl")));
  }

  @Test
  void tornLineIsAnsweredAgain() throws IOException {
    Task task = MiniPope.write(folder.resolve("data"), 12);
    Path out = folder.resolve("out");
    EvalRun run = new EvalRun(task, settings(task, "m"), out, Shard.whole(), 4);
    run.run(MiniPope.answerer(new ArrayList<>()), (_, _) -> {});
    Path file = out.resolve("pope.jsonl");
    String whole = Files.readString(file);
    Files.writeString(file, whole.substring(0, whole.length() - 25));
    List<Question> asked = new ArrayList<>();
    run.run(MiniPope.answerer(asked), (_, _) -> {});
    assertThat(asked).hasSize(1);
    assertThat(Files.readString(file)).isEqualTo(whole);
  }

  @Test
  void shardsPutTogetherAreTheWhole() throws IOException {
    Task task = MiniPope.write(folder.resolve("data"), 20);
    Path whole = folder.resolve("whole");
    Path parts = folder.resolve("parts");
    new EvalRun(task, settings(task, "m"), whole, Shard.whole(), 4)
        .run(MiniPope.answerer(new ArrayList<>()), (_, _) -> {});
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> EvalRun.collect(task, parts, settings(task, "m"), 3))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("shard");
      new EvalRun(task, settings(task, "m"), parts, new Shard(i, 3), 4)
          .run(MiniPope.answerer(new ArrayList<>()), (_, _) -> {});
    }
    EvalRun.collect(task, parts, settings(task, "m"), 3);
    assertThat(Files.readString(parts.resolve("pope.jsonl")))
        .isEqualTo(Files.readString(whole.resolve("pope.jsonl")));
  }

  /// What is called images now was called pictures.
  @Test
  void answersOfAnEarlierVersionGoOn() throws IOException {
    Task task = MiniPope.write(folder.resolve("data"), 12);
    Path out = folder.resolve("out");
    new EvalRun(task, settings(task, "m"), out, Shard.whole(), 4)
        .run(MiniPope.answerer(new ArrayList<>()), (_, _) -> {});
    Path settings;
    try (Stream<Path> files = Files.list(out)) {
      settings = files.filter(file -> file.toString().endsWith(".json")).findFirst().orElseThrow();
    }
    String written = Files.readString(settings);
    Files.writeString(settings, written.replace("\"images\" :", "\"pictures\" :"));
    assertThat(Files.readString(settings)).isNotEqualTo(written);
    List<Question> asked = new ArrayList<>();
    new EvalRun(task, settings(task, "m"), out, Shard.whole(), 4)
        .run(MiniPope.answerer(asked), (_, _) -> {});
    assertThat(asked).isEmpty();
  }

  @Test
  void answersOfAnotherModelOrTwiceTheSameAreRefused() throws IOException {
    Task task = MiniPope.write(folder.resolve("data"), 12);
    Path out = folder.resolve("out");
    new EvalRun(task, settings(task, "m"), out, Shard.whole(), 4)
        .run(MiniPope.answerer(new ArrayList<>()), (_, _) -> {});
    EvalRun other = new EvalRun(task, settings(task, "n"), out, Shard.whole(), 4);
    assertThatThrownBy(() -> other.run(MiniPope.answerer(new ArrayList<>()), (_, _) -> {}))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("weights (fingerprint): n, not m")
        .hasMessageContaining("--out");
    Path file = out.resolve("pope.jsonl");
    Files.writeString(file, Files.readAllLines(file).getFirst() + "\n", StandardOpenOption.APPEND);
    EvalRun again = new EvalRun(task, settings(task, "m"), out, Shard.whole(), 4);
    assertThatThrownBy(() -> again.run(MiniPope.answerer(new ArrayList<>()), (_, _) -> {}))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("pope.jsonl, line 13")
        .hasMessageContaining("a second time");
  }

  @Test
  void linesOfOtherWeightsAreRefusedWhereverTheyComeFrom() throws IOException {
    Task task = MiniPope.write(folder.resolve("data"), 12);
    Path out = run(task, "m", Shard.whole());
    Path answers = out.resolve("pope.jsonl");
    Files.writeString(
        answers, Files.readString(answers).replaceFirst("\"weights\":\"m\"", "\"weights\":\"n\""));
    assertThatThrownBy(() -> run(task, "m", Shard.whole()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("pope.jsonl, line 1 is an answer of other weights (n, not m)");
    assertThatThrownBy(() -> EvalRun.collect(task, out, settings(task, "m"), 1))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("other weights");
    Files.write(answers, Files.readAllLines(answers).subList(1, 12));
    assertThatThrownBy(() -> EvalRun.collect(task, out, settings(task, "m"), 1))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("has no answer to question 1 of pope; run it again");
    Files.writeString(answers, "{\"question_id\":1,\"text\":\"Yes\"}\n");
    assertThatThrownBy(() -> run(task, "m", Shard.whole()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("line 1 has no question_id, no text or no metadata.number");
    Files.writeString(answers, "Yes\n");
    assertThatThrownBy(() -> run(task, "m", Shard.whole()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("line 1 is not JSON");
  }

  @Test
  void shardsOfTwoModelsAreNotPutTogether() throws IOException {
    Task task = MiniPope.write(folder.resolve("data"), 12);
    Path out = run(task, "m", new Shard(0, 2));
    assertThatThrownBy(() -> EvalRun.settingsIn(out, task, 2))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("pope.shard-1-of-2.run.json is missing; run shard 1/2");
    run(task, "n", new Shard(1, 2));
    assertThatThrownBy(() -> EvalRun.settingsIn(out, task, 2))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(
            "pope.shard-1-of-2.run.json differs (weights (fingerprint): n, not m)");
  }

  @Test
  void settingsThatSayNothingOrBelongToOtherQuestionsAreRefused() throws IOException {
    Task task = MiniPope.write(folder.resolve("data"), 12);
    Path out = run(task, "m", Shard.whole());
    Path settings = out.resolve("pope.run.json");
    String whole = Files.readString(settings);
    assertThat(EvalRun.settingsIn(out, task, 1)).isEqualTo(settings(task, "m"));
    for (String broken :
        List.of("", "{", "[]", "null", "{}", whole.replaceFirst("\"weights\"", "\"wait\""))) {
      Files.writeString(settings, broken);
      assertThatThrownBy(() -> EvalRun.settingsIn(out, task, 1))
          .as(broken)
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("pope.run.json")
          .hasMessageContaining("remove the answers and their settings");
    }
    Files.writeString(settings, whole);
    Task other = MiniPope.write(folder.resolve("other"), 15);
    assertThatThrownBy(() -> EvalRun.settingsIn(out, other, 1))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("answers to other questions of POPE");
  }

  @Test
  void answersAboutImagesThatWereTurnedAreNotGoneOnWith() throws IOException {
    Task task = MiniPope.write(folder.resolve("data"), 12);
    Path out = run(task, "m", Shard.whole());
    Path file = out.resolve("pope.run.json");
    String whole = Files.readString(file);
    String older = whole.replaceFirst("\"orientation\" *: *\"IGNORED\" *,", "");
    assertThat(older).isNotEqualTo(whole);
    Files.writeString(file, older);
    assertThatThrownBy(() -> run(task, "m", Shard.whole()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("EXIF orientation: ignored, not applied to images");
  }

  @Test
  void answersWithoutTheirSettingsAreNobodys() throws IOException {
    Task task = MiniPope.write(folder.resolve("data"), 12);
    Path out = run(task, "m", Shard.whole());
    Files.delete(out.resolve("pope.run.json"));
    assertThatThrownBy(() -> run(task, "n", Shard.whole()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll("pope.run.json is missing", "remove the answers");
  }

  @Test
  void withoutImagesTheStoredPromptsStayTheSame() throws IOException {
    TinyBenchmarks.write(folder.resolve("tiny"));
    for (TaskName name : TaskName.ofThePaper()) {
      Task sighted = Tasks.open(name, folder.resolve("tiny"));
      Task blind = new BlindTask(sighted);
      for (Question question : sighted.questions()) {
        assertThat(blind.storedPrompt(blind.questions().get(question.number())))
            .as(question.id())
            .isEqualTo(sighted.storedPrompt(question));
      }
    }
  }

  @Test
  void settingsSayWhatIsAsked() throws IOException {
    Task task = MiniPope.write(folder.resolve("data"), 12);
    assertThat(settings(task, "m").lines())
        .containsEntry("suffix (SHA-256)", "none")
        .containsEntry("images", "shown")
        .containsEntry("OCR tokens in prompts", "no")
        .containsEntry("decoding", "greedy, at most 128 tokens");
    assertThat(settings(new BlindTask(task), "m").differences(settings(task, "m")))
        .hasSize(2)
        .anyMatch(line -> line.startsWith("questions (SHA-256)"))
        .contains("images: left out, not shown");
    TinyBenchmarks.write(folder.resolve("tiny"));
    Task words = Tasks.open(TaskName.TEXTVQA, folder.resolve("tiny"));
    assertThat(settings(words, "m").lines().get("suffix (SHA-256)"))
        .startsWith("Reference OCR token:  " + ResponseFormat.SHORT.instruction() + " (");
    assertThat(settings(words, "m").lines()).containsEntry("OCR tokens in prompts", "yes");
  }

  @Test
  void missingFilesSayWhereTheyComeFrom() throws IOException {
    Path data = folder.resolve("data");
    MiniPope.write(data, 6);
    Files.delete(data.resolve("coco/coco_pope_popular.json"));
    assertThatThrownBy(() -> MiniPope.task(data))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("coco_pope_popular.json is missing; it comes from")
        .hasMessageContaining("POPE");
    Task whole = MiniPope.write(data, 6);
    assertThatThrownBy(() -> Tasks.requireImages(whole))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("lacks 2 image(s), the first of them " + data.resolve("0.png"));
    assertThatThrownBy(() -> new PopeTask(folder.resolve("none.jsonl"), data, data))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("none.jsonl is missing");
    Path renamed = Files.write(folder.resolve("renamed.jsonl"), new byte[] {'P', (byte) 0xFF});
    assertThatThrownBy(() -> new PopeTask(renamed, data, data))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("renamed.jsonl is not UTF-8 text; download it again from LLaVA's");
    Files.writeString(folder.resolve("val-00000.parquet"), "PAR1");
    assertThatThrownBy(() -> new PopeTask(folder.resolve("none.jsonl"), data, data))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("none.jsonl is missing; it comes from")
        .hasMessageContaining("convert val-00000.parquet")
        .hasMessageContaining("to_json('" + folder.resolve("none.jsonl") + "'");
  }

  private Path run(Task task, String weights, Shard shard) {
    Path out = folder.resolve("out");
    new EvalRun(task, settings(task, weights), out, shard, 4)
        .run(MiniPope.answerer(new ArrayList<>()), (_, _) -> {});
    return out;
  }

  private static int lines(Path out) throws IOException {
    Path file = out.resolve("pope.jsonl");
    return Files.exists(file)
        ? (int) Files.readString(file).chars().filter(c -> c == '\n').count()
        : 0;
  }

  static RunSettings settings(Task task, String weights) {
    return RunSettings.of(
        task,
        new RunSettings.Asked(
            "model",
            weights,
            "VICUNA_V1",
            "Pad[]",
            RunSettings.Orientation.IGNORED,
            null,
            "auto",
            task.maxNewTokens()));
  }
}
