package llava4j.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;

class TokenChooserTest {
  private static final float[] LOGITS = {0, 3, 2, -5, 1};

  @Test
  void greedyTakesTheLowestOfEquals() {
    assertThat(TokenChooser.argmax(new float[] {1, 4, 4, 2})).isEqualTo(1);
  }

  @Test
  void topKLeavesTheLikeliest() {
    assertThat(drawn(new Decoding.Sample(5, 2, 1, 0, 1))).containsExactlyInAnyOrder(1, 2);
  }

  @Test
  void topPLeavesTheLikeliestThatReachIt() {
    // probabilities at temperature 1: 0.64, 0.24, 0.09, 0.03, 0.0002
    assertThat(drawn(new Decoding.Sample(1, 0, 0.6, 0, 1))).containsExactly(1);
    assertThat(drawn(new Decoding.Sample(1, 0, 0.8, 0, 1))).containsExactlyInAnyOrder(1, 2);
  }

  @Test
  void minPDropsWhatIsFarLessLikelyThanTheBest() {
    assertThat(drawn(new Decoding.Sample(1, 0, 1, 0.3, 1))).containsExactlyInAnyOrder(1, 2);
  }

  @Test
  void drawsFollowTheProbabilities() {
    TokenChooser chooser = new TokenChooser.Random(new Decoding.Sample(1, 0, 1, 0, 0), 5);
    int best = 0;
    for (int i = 0; i < 20000; i++) {
      best += chooser.choose(LOGITS.clone()) == 1 ? 1 : 0;
    }
    assertThat(best / 20000.0).isBetween(0.62, 0.66); // 0.6364, three standard deviations are 0.010
  }

  @Test
  void impossibleSettingsAreRefused() {
    assertThatThrownBy(() -> new Decoding.Sample(0, 0, 1, 0, 0))
        .isInstanceOf(BadInputException.class);
    assertThatThrownBy(() -> new Decoding.Sample(1, 0, 1.5, 0, 0))
        .isInstanceOf(BadInputException.class);
    assertThatThrownBy(() -> new Decoding.Beam(0, 1)).isInstanceOf(BadInputException.class);
  }

  private static Set<Integer> drawn(Decoding.Sample sample) {
    TokenChooser chooser = new TokenChooser.Random(sample, 11);
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      seen.add(chooser.choose(LOGITS.clone()));
    }
    return seen;
  }
}
