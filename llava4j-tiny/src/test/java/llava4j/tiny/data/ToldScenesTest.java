package llava4j.tiny.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;
import org.junit.jupiter.api.Test;

/// What is asked about a scene told in words can be answered from the words.
class ToldScenesTest {
  private static final int CONVERSATIONS = 400;

  private final Material material = SomeMaterial.material();
  private final Phrases phrases = Phrases.bundled();
  private final Facts facts = new Facts(phrases, material.concepts(Split.TRAIN));
  private final ToldScenes told =
      new ToldScenes(
          phrases,
          new SceneMaker(material),
          new Exchanges(phrases, facts, SomeMaterial.referring()));

  @Test
  void yesAndNoAreTrueOfTheTelling() {
    Set<String> answers = new HashSet<>();
    for (int i = 0; i < CONVERSATIONS; i++) {
      List<Turn> turns = told.turns(new SplittableRandom(i));
      assertThat(turns.size() % 2).isZero();
      String telling = turns.getFirst().text().split("\n", 2)[0];
      for (int j = 1; j < turns.size(); j += 2) {
        String answer = turns.get(j).text();
        assertThat(turns.get(j).speaker()).isEqualTo(Speaker.GPT);
        if (answer.equals("Yes") || answer.equals("No")) {
          String question = turns.get(j - 1).text().replace(telling, "");
          asked(question)
              .ifPresent(name -> {
                assertThat(names(telling, name))
                    .as(telling + question)
                    .isEqualTo(answer.equals("Yes"));
                answers.add(answer);
              });
        }
      }
    }
    assertThat(answers).containsExactlyInAnyOrder("Yes", "No");
  }

  private Optional<String> asked(String question) {
    return material.concepts(Split.TRAIN).stream()
        .map(Concept::name)
        .filter(name -> names(question, name))
        .findFirst();
  }

  /// Once or several times, alone or in a plural.
  private static boolean names(String text, String name) {
    return Pattern.compile("(?i)\\b(" + name + "|" + English.plural(name) + ")\\b")
        .matcher(text)
        .find();
  }
}
