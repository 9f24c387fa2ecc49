package llava4j.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.golden.GoldenModel;
import llava4j.model.SplicedPrompt;
import llava4j.tensor.Scope;
import llava4j.tensor.WeightFormat;
import org.junit.jupiter.api.Test;

class PromptLookupTest {
  @Test
  void whatFollowedTheSameTokensIsGuessedAndGuessesGrow() {
    PromptLookup lookup = new PromptLookup(new long[] {1, 5, 6, 7, 8, 9, 10, 11, 5, 6, 7});
    assertThat(lookup.guess(3)).containsExactly(8);
    lookup.judge(1, 1);
    lookup.add(8);
    assertThat(lookup.guess(3)).containsExactly(9, 10);
    lookup.judge(2, 2);
    lookup.add(9);
    lookup.add(10);
    assertThat(lookup.guess(3)).containsExactly(11, 5, 6);
    assertThat(lookup.guess(1)).containsExactly(11);
    assertThat(lookup.guess(0)).isEmpty();
  }

  @Test
  void afterWrongGuessesItWaitsLongerAndLonger() {
    PromptLookup lookup = new PromptLookup(new long[] {1, 5, 6, 7, 8, 5, 6, 7});
    int[] silent = new int[3];
    for (int wrong = 0; wrong < 3; wrong++) {
      while (lookup.guess(3).length == 0) {
        silent[wrong]++;
      }
      lookup.judge(1, 0);
    }
    assertThat(silent).containsExactly(0, 1, 2);
  }

  @Test
  void imageTokensAreNeverGuessed() {
    PromptLookup lookup = new PromptLookup(new long[] {5, 6, 7, -3, -4, 5, 6, 7});
    assertThat(lookup.guess(3)).isEmpty();
  }

  /// A random model repeats itself now and then, so that guesses are right and wrong; answers stay
  /// those of passes token by token, in fewer passes.
  @Test
  void answersStayTheSameInFewerPasses() {
    try (GoldenModel golden =
            GoldenModel.open("original", CheckpointOptions.none(), WeightFormat.Q8);
        Scope _ = new Scope()) {
      int[] ids = new int[60];
      Arrays.setAll(ids, i -> 20 + i % 11);
      ids[0] = 1;
      SplicedPrompt prompt = golden.model().splicer().splice(ids, List.of());
      List<GenerationOptions> all = new ArrayList<>();
      all.add(GenerationOptions.greedy().withMaxNewTokens(120));
      all.add(all.getFirst().withRepetitionPenalty(1.05).withTopLogProbs(2));
      all.add(all.getFirst().withDecoding(new Decoding.Sample(0.3, 5, 1, 0, 3)));
      int passes = 0;
      int tokens = 0;
      for (GenerationOptions options : all) {
        Generation plain = answer(golden, prompt, options, 0, new int[1]);
        int[] counted = new int[1];
        Generation guessed = answer(golden, prompt, options, PromptLookup.MOST, counted);
        assertThat(guessed.ids()).as("%s", options).isEqualTo(plain.ids());
        assertThat(guessed.text()).isEqualTo(plain.text());
        assertThat(guessed.logProbs()).hasSameSizeAs(plain.logProbs());
        passes += counted[0];
        tokens += guessed.ids().length;
      }
      assertThat(passes).as("passes for " + tokens + " tokens").isLessThan(tokens);
    }
  }

  private static Generation answer(
      GoldenModel golden, SplicedPrompt prompt, GenerationOptions options, int most, int[] passes) {
    try (Generator generator =
        new Generator(
            golden.model(),
            golden.tokenizer(),
            Set.of(2),
            SchedulerLimits.ofBlocks(100).withGuesses(most))) {
      Generation answer =
          generator
              .generate(prompt, options, TextListener.NONE, () -> ++passes[0] < 0)
              .answers()
              .getFirst();
      passes[0] = (int) generator.passes();
      return answer;
    }
  }
}
