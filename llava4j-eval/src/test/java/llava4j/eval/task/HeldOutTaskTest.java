package llava4j.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The held-out questions: what counts as right, as kept format, and as chance.
class HeldOutTaskTest {
  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void questions() throws IOException {
    file = folder.resolve("heldout.jsonl");
    Files.writeString(
        file,
        line("a", "vqa", "Cat")
            + line("b", "vqa", "Dog")
            + line("c", "vqa", "Cat")
            + line("d", "choice", "B")
            + line("e", "yesno", "Yes")
            + line("f", "yesno", "No")
            + line("g", "free", "Teddy bear")
            + line("h", "box", "[0.1, 0.1, 0.5, 0.5]")
            + line("i", "json", "{\\\"object\\\": \\\"cat\\\", \\\"count\\\": 2}"));
  }

  @Test
  void scoresEachRowBesideItsCommonestAnswer() {
    Score score =
        new HeldOutTask(file)
            .score(
                List.of(
                    answer("a", "cat."),
                    answer("b", "Cat"),
                    answer("c", "A cat is here"),
                    answer("d", "B"),
                    answer("e", "Yes"),
                    answer("f", "Yes"),
                    answer("g", "This is a teddy bear."),
                    answer("h", "[0.1, 0.1, 0.5, 0.4]"),
                    answer("i", "{\"count\": 2, \"object\": \"cat\"}")))
            .orElseThrow();
    assertThat(score.points()).containsExactly(1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0);
    assertThat(score.figures().get("vqa, new-style")).isEqualTo(100 / 3.0, within(1e-9));
    assertThat(score.figures().get("vqa, new-style: commonest answer"))
        .isEqualTo(200 / 3.0, within(1e-9));
    assertThat(score.figures().get("yes/no F1")).isEqualTo(200 / 3.0, within(1e-9));
    assertThat(score.figures().get("yes ratio")).isEqualTo(100);
    assertThat(score.figures().get("format kept")).isEqualTo(100 * 7 / 9.0, within(1e-9));
    assertThat(score.figures().get("free, new-style: words an answer")).isEqualTo(5);
  }

  @Test
  void halfOverlapIsNotEnoughAndWrongFormsCountAsWrong() {
    assertThat(HeldOutKind.BOX.isRight("[0.1, 0.1, 0.5, 0.3]", "[0.1, 0.1, 0.5, 0.5]")).isFalse();
    assertThat(HeldOutKind.BOX.isRight("somewhere", "[0.1, 0.1, 0.5, 0.5]")).isFalse();
    assertThat(HeldOutKind.JSON.isRight("{\"object\": cat}", "{\"object\": \"cat\"}")).isFalse();
    assertThat(HeldOutKind.JSON.keepsFormat("[1]")).isFalse();
    assertThat(HeldOutKind.SENTENCE.isRight("I see a caterpillar.", "cat")).isFalse();
    assertThat(HeldOutKind.LETTER.keepsFormat("B.")).isFalse();
  }

  @Test
  void anUnknownTaskIsNamed() throws IOException {
    Files.writeString(file, line("a", "poetry", "Cat"));
    assertThatThrownBy(() -> new HeldOutTask(file))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("'poetry'");
  }

  @Test
  void blindQuestionsHaveNoImage() {
    Task task = new HeldOutTask(file);
    Task blind = new BlindTask(task);
    assertThat(blind.questions()).hasSameSizeAs(task.questions());
    assertThat(blind.questions()).allMatch(question -> question.images().isEmpty());
    assertThat(blind.questions().getFirst().text()).isEqualTo("What?");
  }

  private static Answer answer(String id, String text) {
    return new Answer(id, "What?", text);
  }

  private static String line(String id, String task, String answer) {
    return "{\"question_id\": \"%s\", \"task\": \"%s\", \"split\": \"new-style\", \"kind\": \"name\","
            .formatted(id, task)
        + " \"image\": \"x.png\", \"text\": \"What?\", \"answers\": [\"%s\"]}\n".formatted(answer);
  }
}
