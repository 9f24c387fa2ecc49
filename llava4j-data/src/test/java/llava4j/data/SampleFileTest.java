package llava4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import llava4j.data.Turn.Speaker;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SampleFileTest {
  private static final String ONE =
      "{\"id\":\"a\",\"image\":\"x/1.jpg\",\"conversations\":[{\"from\":\"human\",\"value\":\"<image>\\nWas ist das? 絵\"},"
          + "{\"from\":\"gpt\",\"value\":\"Ein Bär 🐻.\"}],\"other\":[1,{\"deep\":true}]}";
  private static final String TWO =
      "{\"conversations\":[{\"from\":\"human\",\"value\":\"hi\"},{\"from\":\"gpt\",\"value\":\"good day\"},"
          + "{\"from\":\"system\",\"value\":\"x\"}],\"id\":42}";

  @TempDir Path folder;

  @Test
  void arrayAndLinesHoldTheSameSamples() throws IOException {
    String spaced = "\n[ " + ONE + " ,\n\t" + TWO + ", " + ONE.replace("Bär", "Fuß") + "]\n\n";
    String lines = ONE + "\n\n" + TWO + "\r\n" + ONE.replace("Bär", "Fuß");
    try (SampleFile array = SampleFile.open(file("a.json", spaced));
        SampleFile jsonl = SampleFile.open(file("a.jsonl", lines))) {
      assertThat(array.size()).isEqualTo(3);
      assertThat(jsonl.size()).isEqualTo(3);
      for (int i : new int[] {2, 0, 1, 1, 2}) { // in any order
        assertThat(jsonl.get(i)).isEqualTo(array.get(i));
      }
      Sample first = array.get(0);
      assertThat(first.id()).isEqualTo("a");
      assertThat(first.image()).contains("x/1.jpg");
      assertThat(first.turns())
          .containsExactly(
              new Turn(Speaker.HUMAN, "<image>\nWas ist das? 絵"),
              new Turn(Speaker.GPT, "Ein Bär 🐻."));
      assertThat(array.get(1).id()).isEqualTo("42");
      assertThat(array.get(1).image()).isEmpty();
      assertThat(array.get(1).turns().getLast().speaker()).isEqualTo(Speaker.OTHER);
      assertThat(array.get(2).turns().getLast().text()).isEqualTo("Ein Fuß 🐻.");
      assertThat(array.modalityLengths()).containsExactly(8, -4, 8);
    }
  }

  @Test
  void manySamplesOfManySizesAreFoundAgain() throws IOException {
    List<String> texts = new ArrayList<>();
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 3000; i++) {
      String text = "ü".repeat(i % 701) + i;
      texts.add(text);
      lines
          .append("{\"conversations\":[{\"from\":\"human\",\"value\":\"")
          .append(text)
          .append("\"}]}\n");
    }
    try (SampleFile samples = SampleFile.open(file("many.jsonl", lines.toString()))) {
      assertThat(samples.size()).isEqualTo(3000);
      for (int i = 2999; i >= 0; i -= 7) {
        assertThat(samples.get(i).turns().getFirst().text()).isEqualTo(texts.get(i));
        assertThat(samples.get(i).id()).isEqualTo(String.valueOf(i));
      }
    }
  }

  @Test
  void oneByteMakesAnotherFingerprint() throws IOException {
    try (SampleFile one = SampleFile.open(file("1.json", "[" + ONE + "]"));
        SampleFile same = SampleFile.open(file("2.json", "[" + ONE + "]"));
        SampleFile other = SampleFile.open(file("3.json", "[" + ONE + "] "))) {
      assertThat(same.fingerprint()).isEqualTo(one.fingerprint()).hasSize(64);
      assertThat(other.fingerprint()).isNotEqualTo(one.fingerprint());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'[]' | holds no samples",
        "'' | holds no samples",
        "'hello' | no valid JSON behind sample -1",
        "'[ONE, {\"id\":' | behind sample 0",
        "'[ONE' | behind sample 0",
        "'[ONE, 5]' | sample 1 is no JSON object",
        "'{\"id\":\"q\"}' | sample 0 (id 'q'): conversations is missing",
        "'{\"id\":\"q\",\"conversations\":[]}' | conversations is missing or no list",
        "'{\"id\":\"q\",\"conversations\":[{\"from\":\"gpt\"}]}' | turn 1 lacks 'from' or 'value'",
        "'{\"id\":\"q\",\"image\":[\"a\"],\"conversations\":[]}' | image is [\"a\"], not a path"
      })
  void whatIsWrongIsNamed(String text, String complaint) throws IOException {
    Path file = file("bad.json", text.replace("ONE", ONE));
    assertThatThrownBy(() -> SampleFile.open(file).close())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(complaint);
  }

  @Test
  void missingFileAndChangedFileAreNamed() throws IOException {
    assertThatThrownBy(() -> SampleFile.open(folder.resolve("none.json")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("none.json does not exist");
    Path file = file("changing.json", "[" + ONE + "," + TWO + "]");
    try (SampleFile samples = SampleFile.open(file)) {
      Files.writeString(file, "[" + TWO + "," + ONE + "]");
      Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(60)));
      assertThatThrownBy(() -> samples.get(1))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("changed while it was in use");
    }
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }
}
