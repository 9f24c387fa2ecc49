package llava4j.data.mixture.rule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;
import llava4j.data.mixture.rule.Region.Direction;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/// The exact texts of captions, regions and image placeholders.
class PromptsTest {
  private static final PaddedBox BOX = new PaddedBox(0.28, 0.8, 0.48, 0.98);

  @Test
  void captionsNameTheTokensOfTheImage() {
    assertThat(CaptionQuestion.of(List.of("MUSIC", " de\n", "", "l'art")))
        .isEqualTo(
            "Provide a one-sentence caption for the provided image.\n"
                + "Reference OCR token: MUSIC, de, l'art");
    assertThat(CaptionQuestion.of(List.of())).endsWith("\nReference OCR token: ");
  }

  @Test
  void regionsAreAskedInBothDirections() {
    Region region = new Region("Basket is on the bike", BOX);
    assertThat(region.round(Direction.DESCRIBE))
        .isEqualTo(
            new Round(
                "Please provide a short description for this region: [0.28, 0.8, 0.48, 0.98].",
                "Basket is on the bike."));
    assertThat(region.round(Direction.LOCATE))
        .isEqualTo(
            new Round(
                "Please provide the bounding box coordinate of the region this sentence"
                    + " describes: basket is on the bike.",
                "[0.28, 0.8, 0.48, 0.98]"));
  }

  @Test
  void theImageStandsInTheFirstQuestionAlone() {
    List<Round> rounds = List.of(new Round("Q1", "A1"), new Round("Q2", "A2"));
    assertThat(Round.conversation(rounds, ImagePlacement.FIRST))
        .containsExactly(
            new Turn(Speaker.HUMAN, "<image>\nQ1"),
            new Turn(Speaker.GPT, "A1"),
            new Turn(Speaker.HUMAN, "Q2"),
            new Turn(Speaker.GPT, "A2"));
    assertThat(Round.conversation(rounds, ImagePlacement.LAST).getFirst().text())
        .isEqualTo("Q1\n<image>");
  }

  @Property
  void placeholdersAreCounted(@ForAll @IntRange(max = 5) int times) {
    assertThat(ImagePlacement.count("a <imag <image" + "x<image>".repeat(times))).isEqualTo(times);
  }

  @Property
  void segmentsAreFullAndKeepTheOrder(
      @ForAll List<Integer> items, @ForAll @IntRange(min = 1, max = 12) int most) {
    List<List<Integer>> segments = Segments.of(items, most);
    assertThat(segments.stream().flatMap(List::stream).toList()).isEqualTo(items);
    for (int i = 0; i < segments.size(); i++) {
      boolean last = i == segments.size() - 1;
      assertThat(segments.get(i).size()).isBetween(last ? 1 : most, most);
    }
  }
}
