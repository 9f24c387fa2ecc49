package llava4j.data.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import llava4j.data.Sample;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConversationCheckTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "h:q g:a h:q g:a | ",
        "g:a h:q g:a | BEGINS_WITH_ANSWER",
        "g:a | BEGINS_WITH_ANSWER TURN_ORDER",
        "h:q | ENDS_WITH_QUESTION",
        "h:q g:a h:q | ENDS_WITH_QUESTION",
        "h:q h:q g:a | TURN_ORDER",
        "h:q g:a g:a h:q | TURN_ORDER ENDS_WITH_QUESTION",
        "s:x h:q g:a | UNKNOWN_SPEAKER",
        "h:q s:x s:x | UNKNOWN_SPEAKER",
        "h:q g:a s:x | UNKNOWN_SPEAKER",
        "h: g:a | EMPTY_TEXT",
        "h:q g: | EMPTY_TEXT",
        "h:q<image> g:a | PLACEHOLDER_WITHOUT_IMAGE",
        "h:q g:a<image> | PLACEHOLDER_WITHOUT_IMAGE"
      })
  void turnsOfATextAlone(String turns, String problems) {
    assertProblems(Optional.empty(), turns, problems);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "h:<image>q g:a h:q g:a | ",
        "h:q<image> g:a | ",
        "h:<image> g:a | ",
        "h:q g:a | PLACEHOLDER_MISSING",
        "h:q g:a h:<image>q g:a | PLACEHOLDER_LATER",
        "g:a h:<image>q g:a | BEGINS_WITH_ANSWER",
        "g:<image>a h:q g:a | BEGINS_WITH_ANSWER PLACEHOLDER_IN_ANSWER",
        "h:q g:<image>a | PLACEHOLDER_IN_ANSWER",
        "h:<image>q g:a h:<image>q g:a | PLACEHOLDER_IN_SEVERAL_TURNS",
        "h:<image>q g:<image>a | PLACEHOLDER_IN_SEVERAL_TURNS PLACEHOLDER_IN_ANSWER",
        "h:<image><image>q g:a | PLACEHOLDER_REPEATED",
        "h:q g:a h:<image>q<image> g:a | PLACEHOLDER_LATER PLACEHOLDER_REPEATED"
      })
  void turnsAboutAImage(String turns, String problems) {
    assertProblems(Optional.of("a.png"), turns, problems);
  }

  @Test
  void detailsNameTheTurn() {
    List<Finding> findings = ConversationCheck.of(7, sample(Optional.empty(), "h:q g:a g:b"));
    assertThat(findings)
        .containsExactly(new Finding(7, "id", Problem.TURN_ORDER, "turn 3 is from gpt"));
  }

  private static void assertProblems(Optional<String> image, String turns, String problems) {
    List<String> expected = problems == null ? List.of() : Arrays.asList(problems.split(" ", -1));
    assertThat(ConversationCheck.of(0, sample(image, turns)))
        .extracting(finding -> finding.problem().name())
        .containsExactlyElementsOf(expected);
  }

  private static Sample sample(Optional<String> image, String turns) {
    List<Turn> all = new ArrayList<>();
    for (String turn : turns.split(" ", -1)) {
      Speaker speaker =
          switch (turn.charAt(0)) {
            case 'h' -> Speaker.HUMAN;
            case 'g' -> Speaker.GPT;
            default -> Speaker.OTHER;
          };
      all.add(new Turn(speaker, turn.substring(2)));
    }
    return new Sample("id", image, all);
  }
}
