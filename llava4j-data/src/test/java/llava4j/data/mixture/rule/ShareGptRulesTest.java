package llava4j.data.mixture.rule;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The filter and the truncation of ShareGPT.
class ShareGptRulesTest {
  private static final TokenCounter LETTERS = String::length;

  @Test
  void soundConversationsHaveNoProblem() {
    assertThat(ShareGptFilter.problem(turns("q", "a", "q", "a"))).isEmpty();
  }

  @Test
  void eachProblemIsNamed() {
    assertThat(ShareGptFilter.problem(List.of())).contains(Incident.TOO_SHORT);
    assertThat(ShareGptFilter.problem(turns("q", " "))).contains(Incident.BLANK);
    List<Turn> swapped = List.of(new Turn(Speaker.GPT, "a"), new Turn(Speaker.HUMAN, "q"));
    assertThat(ShareGptFilter.problem(swapped)).contains(Incident.WRONG_SPEAKERS);
    List<Turn> system = List.of(new Turn(Speaker.OTHER, "s"), new Turn(Speaker.GPT, "a"));
    assertThat(ShareGptFilter.problem(system)).contains(Incident.WRONG_SPEAKERS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x\n1. a\n1. b", "x\n1. a\n2. b\n1. c\n3. d\n1. e"})
  void listsThatStartOverAreBroken(String answer) {
    assertThat(ShareGptFilter.problem(turns("q", answer))).contains(Incident.LIST_STARTS_OVER);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x\n1. a\n2. b\n\n1. c\n2. d", "1. a\n1. b", "x\n1. a", "x\n11. a\n1. b"})
  void otherListsAreSound(String answer) {
    assertThat(ShareGptFilter.problem(turns("q", answer))).isEmpty();
  }

  @Test
  void aQuestionThatNobodyAnsweredFalls() {
    assertThat(ShareGptFilter.dropUnanswered(turns("q", "a", "q"))).isEqualTo(turns("q", "a"));
  }

  @Test
  void wholeRoundsStayWhileTheyFit() {
    Truncation truncation = new Truncation(40, LETTERS); // a round of q, a costs 14
    assertThat(truncation.truncate(turns("q", "a", "q", "a", "q", "a")))
        .isEqualTo(turns("q", "a", "q", "a"));
    assertThat(new Truncation(42, LETTERS).truncate(turns("q", "a", "q", "a", "q", "a")))
        .hasSize(6);
  }

  @Test
  void theFirstRoundStaysUnlessItsQuestionFillsTheLimit() {
    Truncation truncation = new Truncation(40, LETTERS);
    assertThat(truncation.truncate(turns("q", "a".repeat(100), "q", "a")))
        .isEqualTo(turns("q", "a".repeat(100)));
    assertThat(truncation.truncate(turns("q".repeat(33), "a"))).hasSize(2);
    assertThat(truncation.truncate(turns("q".repeat(34), "a"))).isEmpty();
  }

  @Property
  void whatStaysIsTheBeginningAndFits(
      @ForAll @Size(max = 12) List<@IntRange(max = 50) Integer> lengths,
      @ForAll @IntRange(min = 1, max = 300) int limit) {
    List<Turn> turns =
        ShareGptFilter.dropUnanswered(
            turns(lengths.stream().map("x"::repeat).toArray(String[]::new)));
    List<Turn> kept = new Truncation(limit, LETTERS).truncate(turns);
    assertThat(kept).isEqualTo(turns.subList(0, kept.size()));
    assertThat(kept.size() % 2).isZero();
    if (kept.size() > 2) {
      assertThat(cost(kept)).isLessThanOrEqualTo(limit);
    }
    if (!kept.isEmpty() && kept.size() < turns.size()) {
      assertThat(cost(turns.subList(0, kept.size() + 2))).isGreaterThan(limit);
    }
  }

  @Property
  void theEstimateIsAThirdOfTheBytes(@ForAll String text) {
    String sound = text.replaceAll("[\\ud800-\\udfff]", "");
    int bytes = sound.getBytes(StandardCharsets.UTF_8).length;
    assertThat(TokenCounter.estimate().count(sound)).isEqualTo((bytes + 2) / 3);
  }

  private static long cost(List<Turn> turns) {
    return turns.stream().mapToLong(turn -> 6 + turn.text().length()).sum();
  }

  private static List<Turn> turns(String... texts) {
    List<Turn> turns = new ArrayList<>();
    for (String text : texts) {
      turns.add(new Turn(turns.size() % 2 == 0 ? Speaker.HUMAN : Speaker.GPT, text));
    }
    return turns;
  }
}
