package llava4j.data.mixture.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class MultipleChoiceTest {
  @Test
  void optionsStandOnLinesBetweenQuestionAndSentence() {
    MultipleChoice question = new MultipleChoice("Which?", List.of("red", "b", "c", "d"), 1);
    assertThat(question.round())
        .isEqualTo(
            new Round(
                "Which?\nA. red\nB. b\nC. c\nD. d\n"
                    + "Answer with the option's letter from the given choices directly.",
                "B"));
  }

  @Test
  void onePlaceFurtherMovesTheLastToTheFront() {
    MultipleChoice question = new MultipleChoice("Which?", List.of("a", "b", "c", "d"), 3);
    assertThat(question.rotated(1))
        .isEqualTo(new MultipleChoice("Which?", List.of("d", "a", "b", "c"), 0));
    assertThat(question.rotated(0)).isEqualTo(question);
  }

  @Property
  void overAllRotationsTheRightOptionVisitsEveryLetter(
      @ForAll @IntRange(min = 1, max = 26) int size, @ForAll @IntRange(max = 25) int right) {
    int correct = right % size;
    List<String> choices = IntStream.range(0, size).mapToObj(i -> "option" + i).toList();
    MultipleChoice question = new MultipleChoice("Q", choices, correct);
    Set<String> letters = new HashSet<>();
    for (int places = 0; places < size; places++) {
      MultipleChoice rotated = question.rotated(places);
      assertThat(rotated.choices()).containsExactlyInAnyOrderElementsOf(choices);
      assertThat(rotated.choices().get(rotated.correct())).isEqualTo("option" + correct);
      letters.add(rotated.round().answer());
    }
    assertThat(letters).hasSize(size);
  }

  @Test
  void aRightOptionThatIsNotThereIsADefect() {
    assertThatThrownBy(() -> new MultipleChoice("Q", List.of("a"), 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new MultipleChoice("Q", List.of(), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
