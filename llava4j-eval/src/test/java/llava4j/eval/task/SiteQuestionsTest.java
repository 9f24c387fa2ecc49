package llava4j.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import llava4j.error.BadInputException;
import llava4j.text.ResponseFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The files of the benchmarks' sites give the questions that LLaVA's evaluation archive gives.
class SiteQuestionsTest {
  private static final String SHORT =
      "\\n" + ResponseFormat.SHORT.instruction() + "\",\"category\":\"default\"}";
  private static final String LETTER =
      "\\n" + ResponseFormat.LETTER.instruction() + "\",\"category\":";

  @TempDir Path folder;

  @Test
  void vqav2() throws IOException {
    String llavas =
        "{\"question_id\":262144005,\"image\":\"COCO_test2015_000000262144.jpg\",\"text\":\"Is it"
            + " round?"
            + SHORT
            + "\n{\"question_id\":1001,\"image\":\"COCO_test2015_000000000001.jpg\",\"text\":\"Why?"
            + SHORT;
    write("llava_vqav2_mscoco_test-dev2015.jsonl", llavas);
    write("llava_vqav2_mscoco_test2015.jsonl", llavas);
    String sites =
        "{\"questions\":[{\"image_id\":262144,\"question\":\"Is it"
            + " round?\",\"question_id\":262144005},"
            + "{\"image_id\":1,\"question\":\"Why?\",\"question_id\":1001}]}";
    write("v2_OpenEnded_mscoco_test-dev2015_questions.json", sites);
    write("v2_OpenEnded_mscoco_test2015_questions.json", sites);
    assertSame(
        Vqav2Task::in,
        2,
        "llava_vqav2_mscoco_test-dev2015.jsonl",
        "llava_vqav2_mscoco_test2015.jsonl");
    Files.delete(folder.resolve("v2_OpenEnded_mscoco_test2015_questions.json"));
    assertThatThrownBy(() -> Vqav2Task.in(folder))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("llava_vqav2_mscoco_test2015.jsonl is missing, and so is v2_Open")
        .hasMessageContaining("visualqa.org");
  }

  @Test
  void gqa() throws IOException {
    write(
        "llava_gqa_testdev_balanced.jsonl",
        "{\"question_id\":\"201307251\",\"image\":\"n161313.jpg\",\"text\":\"Is it overcast?"
            + SHORT);
    write(
        "testdev_balanced_questions.json",
        "{\"201307251\":{\"question\":\"Is it"
            + " overcast?\",\"imageId\":\"n161313\",\"answer\":\"no\"}}");
    assertSame(GqaTask::in, 1, "llava_gqa_testdev_balanced.jsonl");
  }

  @Test
  void vizWiz() throws IOException {
    write(
        "llava_test.jsonl",
        "{\"question_id\":\"VizWiz_test_00000000.jpg\",\"image\":\"VizWiz_test_00000000.jpg\",\"text\":\"What"
            + " is this?\\nWhen the provided information is insufficient, respond with"
            + " 'Unanswerable'."
            + SHORT);
    write("test.json", "[{\"image\":\"VizWiz_test_00000000.jpg\",\"question\":\"What is this?\"}]");
    assertSame(VizWizTask::in, 1, "llava_test.jsonl");
  }

  @Test
  void textVqa() throws IOException {
    write(
        "llava_textvqa_val_v051_ocr.jsonl",
        "{\"question_id\":\"003a\",\"image\":\"003a.jpg\",\"text\":\"Who made the abc?\\nReference"
            + " OCR token: DAKOTA, DIGITAL"
            + SHORT
            + "\n"
            + "{\"question_id\":\"b\",\"image\":\"b.jpg\",\"text\":\"What?\\nReference OCR token: "
            + SHORT);
    write(
        "TextVQA_0.5.1_val.json",
        "{\"data\":[{\"image_id\":\"003a\",\"question\":\"who made the ABC?\"},"
            + "{\"image_id\":\"b\",\"question\":\"what?\"}]}");
    write(
        "TextVQA_Rosetta_OCR_v0.2_val.json",
        "{\"data\":[{\"image_id\":\"003a\",\"ocr_tokens\":[\"DAKOTA\",\"DIGITAL\"]},"
            + "{\"image_id\":\"b\",\"ocr_tokens\":[]}]}");
    assertSame(TextVqaTask::in, 2, "llava_textvqa_val_v051_ocr.jsonl");
  }

  @Test
  void pope() throws IOException {
    StringBuilder llavas = new StringBuilder();
    for (PopeTask.Split split :
        new PopeTask.Split[] {
          PopeTask.Split.ADVERSARIAL, PopeTask.Split.RANDOM, PopeTask.Split.POPULAR
        }) {
      StringBuilder sites = new StringBuilder();
      for (int id = 1; id <= 2; id++) {
        String image =
            "\"image\":\"COCO_val2014_00000000000" + id + ".jpg\",\"text\":\"Is there an ox?";
        sites.append("{\"question_id\":" + id + "," + image + "\",\"label\":\"no\"}\n");
        llavas.append("{\"question_id\":" + (split.offset() + id) + "," + image);
        llavas.append(SHORT.replace("default", split.word())).append('\n');
      }
      write("coco/coco_pope_" + split.word() + ".json", sites.toString());
    }
    write("llava_pope_test.jsonl", llavas.toString());
    assertSame(PopeTask::in, 6, "llava_pope_test.jsonl");
  }

  @Test
  void seedBench() throws IOException {
    String choices = "\\nA. One\\nB. Two\\nC. Three\\nD. Four";
    write(
        "llava-seed-bench.jsonl",
        "{\"question_id\":101669,\"image\":\"SEED-Bench-image/1454_25\",\"text\":\"How many towels?"
            + choices
            + LETTER
            + "\"Instances Counting\"}\n"
            + "{\"question_id\":\"v7\",\"image\":\"SEED-Bench-video-image/10_v7.png\",\"text\":\"What"
            + " is done?"
            + choices
            + LETTER
            + "\"Action Recognition\"}");
    String options =
        "\"choice_a\":\"One\",\"choice_b\":\"Two\",\"choice_c\":\"Three\",\"choice_d\":\"Four\",\"answer\":\"A\"}";
    write(
        "SEED-Bench.json",
        "{\"questions\":[{\"question_id\":\"101669\",\"question_type_id\":5,\"data_type\":\"image\",\"data_id\":\"1454_25\",\"question\":\"How"
            + " many towels?\","
            + options
            + ",{\"question_id\":\"v7\",\"question_type_id\":10,\"data_type\":\"video\",\"data_id\":\"7.webm\",\"question\":\"What"
            + " is done?\","
            + options
            + "],\"question_type\":{\"Instances Counting\":5,\"Action Recognition\":10}}");
    assertSame(SeedTask::in, 2, "llava-seed-bench.jsonl");
    SeedTask task = SeedTask.in(folder);
    assertThat(task.missing(task.questions().getLast().image().orElseThrow()))
        .contains("--videos", "cut from them", "docs/evaluation.md")
        .hasLineCount(1);
    assertThat(task.missing(task.questions().getFirst().image().orElseThrow()))
        .doesNotContain("--videos");
  }

  @Test
  void scienceQa() throws IOException {
    write(
        "llava_test_CQM-A.json",
        "[{\"id\":\"11\",\"image\":\"11/image.png\",\"conversations\":[{\"from\":\"human\",\"value\":\"<image>\\nContext:"
            + " Look.\\nWhich?\\nA. Ohio\\nB."
            + " Iowa\"}]},{\"id\":\"5\",\"conversations\":[{\"from\":\"human\",\"value\":\"Why?\\nA."
            + " x\\nB. y\\nC. z\"}]}]");
    write(
        "problems.json",
        "{\"5\":{\"question\":\"Why?\",\"choices\":[\"x\",\"y\",\"z\"],\"answer\":0,\"hint\":\"\","
            + "\"image\":null},\"11\":{\"question\":\"Which?\",\"choices\":[\"Ohio\",\"Iowa\"],\"answer\":1,"
            + "\"hint\":\"Look.\",\"image\":\"image.png\"}}");
    write("pid_splits.json", "{\"test\":[\"11\",\"5\"]}");
    assertSame(ScienceQaTask::in, 2, "llava_test_CQM-A.json");
  }

  @Test
  void mme() throws IOException {
    StringBuilder llavas = new StringBuilder();
    for (String id : new String[] {"artwork/images/14.jpg", "code_reasoning/0020.png"}) {
      String task = id.substring(0, id.indexOf('/'));
      for (String text : new String[] {"Is it b?", "Is it a?"}) {
        llavas.append(
            "{\"question_id\":\"" + id + "\",\"image\":\"" + id + "\",\"text\":\"" + text);
        llavas.append(SHORT.replace("default", task)).append('\n');
      }
      write("MME_Benchmark_release_version/" + id, "picture");
    }
    write("llava_mme.jsonl", llavas.toString());
    String table =
        "Is it b? Please answer yes or no.\tYes\nIs it a?  Please answer yes or no.\tNo\n";
    write("MME_Benchmark_release_version/artwork/questions_answers_YN/14.txt", table);
    write("MME_Benchmark_release_version/code_reasoning/0020.txt", table);
    assertSame(MmeTask::in, 4, "llava_mme.jsonl");
    Files.delete(folder.resolve("MME_Benchmark_release_version/code_reasoning/0020.txt"));
    assertThatThrownBy(() -> MmeTask.in(folder))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("0020.txt is missing; it comes from");
  }

  @Test
  void mmVet() throws IOException {
    write(
        "llava-mm-vet.jsonl",
        "{\"question_id\":0,\"image\":\"v1_0.png\",\"text\":\"What is"
            + " x?\",\"category\":\"default\"}");
    write(
        "mm-vet.json",
        "{\"v1_0\":{\"imagename\":\"v1_0.png\",\"question\":\"What is x?\",\"answer\":\"1\"}}");
    assertSame(MmVetTask::new, 1, "llava-mm-vet.jsonl");
  }

  /// Reads with LLaVA's files, then without.
  private void assertSame(Function<Path, Task> open, int count, String... llavas)
      throws IOException {
    Task with = open.apply(folder);
    assertThat(with.questions()).hasSize(count);
    for (String file : llavas) {
      Files.delete(folder.resolve(file));
    }
    Task without = open.apply(folder);
    assertThat(without.questions()).isEqualTo(with.questions());
    for (Question question : with.questions()) {
      assertThat(without.storedPrompt(question)).isEqualTo(with.storedPrompt(question));
    }
  }

  private void write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
