package llava4j.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MmBenchTaskTest {
  private static final String HEAD = "index\tquestion\tA\tB\timage\tanswer\n";

  @TempDir Path folder;

  @Test
  void imagesStayInTheTableAndAreFoundThere() throws IOException {
    String long1 = "image one ".repeat(3000);
    String long2 = "image two ".repeat(50);
    Path table =
        write(
            "\uFEFF"
                + HEAD
                + "1\t有几个？\tx\ty\t"
                + base64(long1)
                + "\tA\r\n2\t\"two\nlines and a \"\"word\"\"\"\tä\ty\t\""
                + base64(long2)
                + "\"\tB\n1000001\tagain\ty\tx\t1\tB\n3\tshort\ty\tx\t"
                + base64("p")
                + "\tB");
    List<Question> questions = new MmBenchTask(TaskName.MMBENCH, table).questions();
    assertThat(questions.stream().map(MmBenchTaskTest::image))
        .containsExactly(long1, long2, long1, "p");
    assertThat(questions.get(1).text()).startsWith("two\nlines and a \"word\"\nA. ä\nB. y\n");
    assertThat(questions.get(0).text()).startsWith("有几个？\n");
    assertThat(questions.get(0).image()).isEqualTo(questions.get(2).image());
  }

  @Test
  void badTablesAreRefused() throws IOException {
    assertRefused("", "is empty");
    assertRefused(HEAD, "contains no questions");
    assertRefused(HEAD + "1\tq\tx\ty\tAAAA\n", "row 1: 5 fields instead of 6");
    assertRefused(HEAD + "1\tq\tx\ty\t\tA\n", "index 1: no image");
    assertRefused(HEAD + "x\tq\tx\ty\tAAAA\tA\n", "the index 'x' is not a number");
    assertRefused(HEAD + "1\tq\tx\ty\tAAAA\tA\n".repeat(2), "the index 1 twice");
    assertRefused(HEAD + "1\t\tx\ty\tAAAA\tA\n", "no 'question'");
    assertRefused("index\tA\timage\n1\tx\tAAAA\n", "no 'question'");
    assertRefused(HEAD + "1\tq\tx\ty\t\"AAAA\tA\n", "mmbench.tsv");
    Path table = write(HEAD + "1\tq\tx\ty\t?" + "A".repeat(99) + "\tA\n");
    Question question = new MmBenchTask(TaskName.MMBENCH, table).questions().getFirst();
    assertThatThrownBy(() -> image(question))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("the image of mmbench.tsv row 1 is not base64");
    Files.write(table, new byte[] {'i', 'n', (byte) 0xFF, '\n'});
    assertThatThrownBy(() -> new MmBenchTask(TaskName.MMBENCH, table))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("mmbench.tsv cannot be read");
  }

  private void assertRefused(String text, String message) throws IOException {
    Path table = write(text);
    assertThatThrownBy(() -> new MmBenchTask(TaskName.MMBENCH, table))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(message);
  }

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("mmbench.tsv"), text);
  }

  private static String image(Question question) {
    return new String(question.image().orElseThrow().read(), StandardCharsets.UTF_8);
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
