package llava4j.data.mixture.rule;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NotBlank;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SentenceCaseTest {
  @ParameterizedTest
  @CsvSource({
    "calvin klein, Calvin klein",
    "Sandra Boynton, Sandra Boynton",
    "iPhone, IPhone",
    "4, 4",
    "\u00e9meraude, \u00c9meraude",
    "\uD801\uDC28x, \uD801\uDC00x",
    "'', ''"
  })
  void answersBeginWithACapitalAndKeepTheRest(String answer, String expected) {
    assertThat(SentenceCase.capitalised(answer)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "basket is on the bike, Basket is on the bike., basket is on the bike.",
    "'shade is along the street ', Shade is along the street., shade is along the street.",
    "A sign., A sign., a sign.",
    "NYC taxi!, NYC taxi!, nyc taxi!",
    "who?, Who?, who?"
  })
  void phrasesAreSentences(String phrase, String description, String quoted) {
    assertThat(SentenceCase.description(phrase)).isEqualTo(description);
    assertThat(SentenceCase.quotedPhrase(phrase)).isEqualTo(quoted);
  }

  @Property
  void phrasesEndAndLieOnOneLine(@ForAll @NotBlank String phrase) {
    for (String text :
        new String[] {SentenceCase.description(phrase), SentenceCase.quotedPhrase(phrase)}) {
      assertThat(text).doesNotContain("\n", "\r").matches("(?s).*[.!?]");
    }
  }

  @Property
  void capitalsOnceAreEnough(@ForAll String text) {
    String once = SentenceCase.capitalised(text);
    assertThat(SentenceCase.capitalised(once)).isEqualTo(once);
  }
}
