package llava4j.cli.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import llava4j.error.BadInputException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
  private static final long LEAST = 1 << 10;
  private static final long MOST = 1L << 30;

  @ParameterizedTest
  @CsvSource({
    "64M, 67108864",
    "64, 67108864",
    "64MiB, 67108864",
    "64mb, 67108864",
    "1G, 1073741824",
    "500K, 512000",
    "1k, 1024"
  })
  void aNumberHasAUnit(String text, long bytes) {
    assertThat(ByteSize.parse("--size", text, LEAST, MOST)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "M", "64X", "-1M", "6 4M", "64B", "1.5G", "99999999999999999G"})
  void anythingElseIsASentence(String text) {
    assertThatThrownBy(() -> ByteSize.parse("--size", text, LEAST, MOST))
        .isInstanceOf(BadInputException.class)
        .hasMessage("--size must be a size such as 64M, 1G or 500K, not '" + text + "'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "1025M", "999999999999G"})
  void aSizeHasBounds(String text) {
    assertThatThrownBy(() -> ByteSize.parse("--size", text, LEAST, MOST))
        .isInstanceOf(BadInputException.class)
        .hasMessage("--size must be between 1K and 1024M, not " + text);
  }
}
