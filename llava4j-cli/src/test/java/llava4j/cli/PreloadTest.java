package llava4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

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
}
