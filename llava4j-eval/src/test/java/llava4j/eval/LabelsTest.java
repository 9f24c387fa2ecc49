package llava4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import llava4j.error.BadInputException;
import llava4j.eval.task.Task;
import llava4j.eval.task.TaskName;
import llava4j.eval.tiny.TinyBenchmarks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Labels that do not belong to the questions are refused before anything is asked, wherever two
/// files meet; what is right is told of every question.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LabelsTest {
  private final Map<Path, String> before = new HashMap<>();
  private Path folder;

  @BeforeAll
  void write(@TempDir Path shared) {
    folder = shared;
    TinyBenchmarks.write(folder);
  }

  @AfterEach
  void restore() throws IOException {
    for (Map.Entry<Path, String> file : before.entrySet()) {
      Files.writeString(file.getKey(), file.getValue());
    }
    before.clear();
  }

  @ParameterizedTest
  @CsvSource({
    "POPE, pope/coco/coco_pope_random.json",
    "POPE, pope/coco/coco_pope_adversarial.json",
    "GQA, gqa/testdev_balanced_questions.json",
    "TEXTVQA, textvqa/TextVQA_0.5.1_val.json",
    "MME, MME/MME_Benchmark_release_version/count/scene-1.txt",
    "SCIENCEQA, scienceqa/problems.json",
    "SEED, seed_bench/SEED-Bench.json",
    "MMVET, mm-vet/mm-vet.json",
    "VQAV2, vqav2/llava_vqav2_mscoco_test2015.jsonl"
  })
  void otherWordsAreRefused(TaskName name, String labels) throws IOException {
    change(
        labels, text -> text.replaceFirst("(Is|What|How|Which)( [a-z, ]+)(\\?| in)", "Why not$3"));
    assertRefused(name, fileName(labels), "belong to different versions|differ");
  }

  @ParameterizedTest
  @CsvSource({
    "POPE, pope/coco/coco_pope_popular.json",
    "GQA, gqa/testdev_balanced_questions.json",
    "TEXTVQA, textvqa/TextVQA_0.5.1_val.json",
    "SEED, seed_bench/SEED-Bench.json",
    "MMVET, mm-vet/mm-vet.json"
  })
  void otherImagesAreRefused(TaskName name, String labels) throws IOException {
    change(labels, text -> text.replaceFirst("\"scene-0(\\.png)?\"", "\"scene-1$1\""));
    assertRefused(name, fileName(labels), "belong to different versions");
  }

  @ParameterizedTest
  @CsvSource({
    "POPE, pope/coco/coco_pope_random.json",
    "POPE, pope/coco/coco_pope_popular.json",
    "POPE, pope/llava_pope_test.jsonl",
    "MME, MME/MME_Benchmark_release_version/count/scene-1.txt",
    "LLAVABENCH, llava-bench-in-the-wild/answers_gpt4.jsonl",
    "LLAVABENCH, llava-bench-in-the-wild/questions.jsonl"
  })
  void oneLineMoreOrLessIsRefused(TaskName name, String file) throws IOException {
    List<String> lines = lines(file);
    Files.write(folder.resolve(file), lines.subList(0, lines.size() - 1));
    assertRefused(name, "", "labels for");
    List<String> more = new ArrayList<>(lines);
    more.add(lines.getFirst().replace("Is it ", "Was it "));
    Files.write(folder.resolve(file), more);
    assertRefused(name, "", "labels for");
  }

  @ParameterizedTest
  @CsvSource({
    "POPE, pope/coco/coco_pope_random.json",
    "LLAVABENCH, llava-bench-in-the-wild/answers_gpt4.jsonl"
  })
  void anotherOrderIsRefusedWhereOrderTells(TaskName name, String labels) throws IOException {
    List<String> lines = new ArrayList<>(lines(labels));
    Collections.swap(lines, 0, 1);
    Files.write(folder.resolve(labels), lines);
    assertRefused(name, fileName(labels), "row 1");
  }

  @ParameterizedTest
  @CsvSource({
    "GQA, gqa/testdev_balanced_questions.json, \\\"1000\\\":",
    "SEED, seed_bench/SEED-Bench.json, \\\"question_id\\\":\\\"100\\\"",
    "MMVET, mm-vet/mm-vet.json, \\\"v1_0\\\":",
    "SCIENCEQA, scienceqa/pid_splits.json, \\\"1\\\"",
    "VQAV2, vqav2/llava_vqav2_mscoco_test2015.jsonl, \\\"question_id\\\":1000,"
  })
  void aQuestionWithoutItsLabelIsRefused(TaskName name, String labels, String id)
      throws IOException {
    String quoted = id.replace("\\", "");
    change(labels, text -> text.replace(quoted, quoted.replaceFirst("\\d+", "77")));
    assertRefused(name, fileName(labels), "");
  }

  @Test
  void annotationsOfVqav2ThatAreAboutAnotherImageAreRefused() throws IOException {
    for (String file :
        List.of("llava_vqav2_mscoco_test-dev2015.jsonl", "llava_vqav2_mscoco_test2015.jsonl")) {
      change("vqav2/" + file, text -> text.replace("scene-0.png", "COCO_val2014_000000000042.jpg"));
    }
    String first = "\"question_id\":1000";
    change("vqav2/annotations.json", text -> text.replace(first, first + ",\"image_id\":42"));
    assertThat(Tasks.open(TaskName.VQAV2, folder).rightAnswers()).isNotEmpty();
    change("vqav2/annotations.json", text -> text.replace(":42", ":43"));
    assertRefused(TaskName.VQAV2, "annotations.json", "image 43");
  }

  @ParameterizedTest
  @EnumSource(
      value = TaskName.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"VIZWIZ", "HELD_OUT"}) // its server knows; has a test of its own
  void everyQuestionHasItsRightAnswer(TaskName name) {
    Task task = Tasks.open(name, folder);
    assertThat(task.rightAnswers())
        .hasSameSizeAs(task.questions())
        .allMatch(right -> !right.isBlank());
  }

  private void change(String file, UnaryOperator<String> change) throws IOException {
    Path path = folder.resolve(file);
    String text = Files.readString(path);
    before.putIfAbsent(path, text);
    String after = change.apply(text);
    assertThat(after).isNotEqualTo(text);
    Files.writeString(path, after);
  }

  private List<String> lines(String file) throws IOException {
    Path path = folder.resolve(file);
    before.putIfAbsent(path, Files.readString(path));
    return Files.readAllLines(path);
  }

  private void assertRefused(TaskName name, String named, String why) {
    assertThatThrownBy(() -> Tasks.requireTruth(Tasks.open(name, folder)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(named)
        .message()
        .containsPattern(why)
        .hasLineCount(1);
  }

  private static String fileName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
