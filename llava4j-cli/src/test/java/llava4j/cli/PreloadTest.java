package llava4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreloadTest {
  @ParameterizedTest
  @CsvSource({
    "true, ask cat.jpg What?",
    "true, chat -m model",
    "false, ask --help",
    "false, ask cat.jpg What? --threads 1",
    "false, ask cat.jpg What? --threads=1",
    "false, info -m ask",
    "false, --version",
    "false, ''"
  })
  void onlyCommandsThatAnswerWithTheDefaultThreadsLoadEarly(boolean useful, String line) {
    assertThat(Preload.isUseful(line.isEmpty() ? new String[0] : line.split(" ")))
        .isEqualTo(useful);
  }

  @ParameterizedTest
  @CsvSource({
    "true, --max-tokens 5",
    "false, --threads 1",
    "false, '--max-tokens 5\n--threads=1'",
    "false, @another"
  })
  void aFileOfArgumentsIsLookedInto(boolean useful, String content, @TempDir Path folder)
      throws IOException {
    Path file = Files.writeString(folder.resolve("arguments"), content);
    assertThat(Preload.isUseful("ask", "cat.jpg", "@" + file)).isEqualTo(useful);
    assertThat(Preload.isUseful("ask", "cat.jpg", "@" + folder.resolve("none"))).isFalse();
    assertThat(Preload.isUseful("ask", "cat.jpg", "@@" + folder.resolve("none"))).isTrue();
  }
}
