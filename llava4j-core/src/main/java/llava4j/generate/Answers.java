package llava4j.generate;

import java.util.Arrays;
import java.util.List;
import llava4j.model.SplicedPrompt;
import llava4j.model.cache.KvCache;
import llava4j.model.cache.PrefixTree;

/// What a request generates after its prompt: one or several sequences, a token of each per step.
/// Only the scheduler's thread uses it.
sealed interface Answers extends AutoCloseable permits SampledAnswers, BeamSearch {

  SplicedPrompt prompt();

  /// How many sequences it may run at the same time.
  int maxSequences();

  /// How many tokens one answer may have.
  int maxTokens();

  /// Chooses the first tokens.
  ///
  /// @param logits after the prompt, [vocab]
  /// @param prompt the prompt's cache, which is the answers' from here on
  /// @param form what keeps them in their form, settled without a failure
  void begin(float[] logits, KvCache prompt, AwaitedFilter form);

  /// Whether all answers are complete.
  boolean areComplete();

  /// What the next pass computes of a sequence.
  ///
  /// @param cache has all tokens but these
  /// @param ids the newest token, then tokens that are guessed to follow
  record Next(KvCache cache, int[] ids) {}

  /// The new tokens of each running sequence.
  ///
  /// @param guesses how many tokens of a sequence may be guessed
  List<Next> next(int guesses);

  /// Chooses the next tokens, after the pass over those of [#next].
  ///
  /// @param logits behind each new token of each sequence, [sequences][tokens][vocab]
  void accept(List<float[][]> logits);

  /// Ends all answers because the caller gave up while the prompt was read.
  void cancel();

  /// The complete answers.
  List<Generation> results();

  /// Releases what is still running.
  @Override
  void close();

  /// Where the tokens of finished sequences are kept for later prompts.
  ///
  /// @param tree of the model
  /// @param tenant whose requests may find them
  record Memory(PrefixTree tree, String tenant) {
    /// @param ids generated after the prompt, of which the cache may lack the last
    void remember(SplicedPrompt prompt, int[] ids, KvCache cache) {
      long[] keys = Arrays.copyOf(prompt.rowKeys(), cache.length());
      for (int i = prompt.numRows(); i < keys.length; i++) {
        keys[i] = ids[i - prompt.numRows()];
      }
      tree.remember(tenant, cache, keys);
    }
  }
}
