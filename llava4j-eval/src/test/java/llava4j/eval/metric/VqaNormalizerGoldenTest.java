package llava4j.eval.metric;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import llava4j.golden.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class VqaNormalizerGoldenTest {
  private final VqaNormalizer normalizer = new VqaNormalizer();

  @Test
  void everyStepEqualsTheOriginal() throws IOException {
    List<String> lines = Files.readAllLines(Golden.path("eval/answer_processor.jsonl"));
    JsonMapper json = new JsonMapper();
    int compared = 0;
    for (String line : lines) {
      JsonNode row = json.readTree(line);
      String in = row.path("in").asString();
      assertThat(normalizer.splitPossessive(in))
          .as("step 1 of '%s'", in)
          .isEqualTo(row.path("word_tokenize").asString());
      assertThat(normalizer.withoutPunctuation(in))
          .as("steps 3 and 4 of '%s'", in)
          .isEqualTo(row.path("process_punctuation").asString());
      assertThat(normalizer.withoutArticles(in))
          .as("step 5 of '%s'", in)
          .isEqualTo(row.path("process_digit_article").asString());
      assertThat(normalizer.normalize(in))
          .as("all of '%s'", in)
          .isEqualTo(row.path("out").asString());
      compared++;
    }
    assertThat(compared).isPositive();
    System.out.printf(
        "golden eval answers in %s: %d, 0 differ%n", Golden.root().getFileName(), compared);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "The Cat,cat",
        "two dogs.,2 dogs",
        "it's,it 's",
        "a/b,b",
        "rock-n-roll,rock n roll",
        "3.,3",
        "4:30 p.m.,4:30 pm",
        "St. Mary's,st mary 's",
        "none,0",
        "$5.99,$5.99",
        "dont,don't",
        "\"1,000\",1000"
      })
  void examplesOfTheSpecification(String answer, String normalized) {
    assertThat(normalizer.normalize(answer)).isEqualTo(normalized);
  }
}
