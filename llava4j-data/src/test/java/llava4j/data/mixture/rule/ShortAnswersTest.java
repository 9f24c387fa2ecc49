package llava4j.data.mixture.rule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.NotEmpty;
import org.junit.jupiter.api.Test;

class ShortAnswersTest {
  @Test
  void onlyTheFirstQuestionCarriesTheSentence() {
    assertThat(ShortAnswers.merge(List.of(new Round("Who?", "nike"), new Round("When?", "noon"))))
        .containsExactly(
            new Round("Who?\nAnswer the question using a single word or phrase.", "Nike"),
            new Round("When?", "Noon"));
  }

  @Property(tries = 200)
  void everyQuestionStaysInItsPlace(@ForAll("rounds") List<Round> asked) {
    List<Round> merged = ShortAnswers.merge(asked);
    assertThat(merged).hasSameSizeAs(asked);
    for (int i = 0; i < asked.size(); i++) {
      String suffix = i == 0 ? "\n" + FormatPrompt.SHORT : "";
      assertThat(merged.get(i).question()).isEqualTo(asked.get(i).question() + suffix);
      assertThat(merged.get(i).answer()).isEqualToIgnoringCase(asked.get(i).answer());
    }
  }

  @Test
  void theMostFrequentAnswerWinsAndTheFirstAmongEquals() {
    assertThat(ShortAnswers.mostFrequent(List.of("a", "b", "b", "a", "c"))).isEqualTo("a");
    assertThat(ShortAnswers.mostFrequent(List.of("a", "b", "b"))).isEqualTo("b");
    assertThat(ShortAnswers.mostFrequent(List.of("", " ", "b"))).isEqualTo("b");
    assertThat(ShortAnswers.mostFrequent(List.of("", " "))).isEmpty();
  }

  @Property(tries = 200)
  void noAnswerIsMoreFrequent(@ForAll @NotEmpty List<@NotEmpty String> answers) {
    String best = ShortAnswers.mostFrequent(answers);
    for (String answer : answers) {
      if (!answer.isBlank()) {
        assertThat(Collections.frequency(answers, best))
            .isGreaterThanOrEqualTo(Collections.frequency(answers, answer));
      }
    }
  }

  @Provide
  Arbitrary<List<Round>> rounds() {
    Arbitrary<String> texts = Arbitraries.strings().alpha().ofMinLength(1).ofMaxLength(8);
    return texts.flatMap(q -> texts.map(a -> new Round(q, a))).list().ofMaxSize(8);
  }
}
