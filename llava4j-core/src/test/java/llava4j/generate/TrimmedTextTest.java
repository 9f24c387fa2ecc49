package llava4j.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrimmedTextTest {
  private final List<String> pieces = new ArrayList<>();
  private final TrimmedText trimmed = new TrimmedText((answer, text) -> pieces.add(answer + text));

  @Test
  void whiteSpaceAroundTheWholeIsLeftOut() {
    for (String piece : List.of(" ", "\n A", " ", "cat.", " \n")) {
      trimmed.onText(0, piece);
    }

    assertThat(pieces).containsExactly("0A", "0 cat.");
  }

  @Test
  void answersDoNotMix() {
    trimmed.onText(0, "one ");
    trimmed.onText(1, " two");
    trimmed.onText(0, "more");

    assertThat(pieces).containsExactly("0one", "1two", "0 more");
  }
}
