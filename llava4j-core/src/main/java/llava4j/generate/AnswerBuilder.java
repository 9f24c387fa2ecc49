package llava4j.generate;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import llava4j.generate.Generation.TokenLogProbs;
import llava4j.text.tokenizer.StreamingDetokenizer;
import llava4j.text.tokenizer.Tokenizer;

/// Builds one answer token by token, until a stop condition ends it.
final class AnswerBuilder {
  private final GenerationOptions options;
  private final Vocabulary vocabulary;
  private final int maxTokens;
  private final boolean contextEndsFirst;
  private final TextListener listener;
  private final int answer;
  private final BooleanSupplier cancelled;
  private final TokenChooser chooser;
  private final StreamingDetokenizer detokenizer;
  private final StopStrings stops;
  private final Set<Integer> seen;
  private final List<Integer> ids = new ArrayList<>();
  private final List<TokenLogProbs> logProbs = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private Optional<TokenFilter> filter = Optional.empty();
  private FinishReason finishReason; // null while it goes on

  /// The ids that may be generated, and the ids that end an answer.
  ///
  /// @param banned ids that are not text: the image placeholder, and padding rows of the embedding
  ///   table; computed once per model
  record Vocabulary(
      Tokenizer tokenizer,
      Set<Integer> eosIds,
      List<Integer> banned,
      ConstraintVocabulary constraints) {
    /// @param rows number of rows of the output head
    static Vocabulary of(Tokenizer tokenizer, Set<Integer> eosIds, int rows) {
      return new Vocabulary(
          tokenizer,
          Set.copyOf(eosIds),
          IntStream.range(0, rows)
              .filter(id -> !tokenizer.isGenerable(id) && !eosIds.contains(id))
              .boxed()
              .toList(),
          new ConstraintVocabulary(tokenizer, Set.copyOf(eosIds), rows));
    }

    /// What leaves answers only tokens of the required form, if there is one.
    AwaitedFilter filter(GenerationOptions options) {
      return AwaitedFilter.of(options, constraints);
    }

    /// Excludes ids that are not text.
    void ban(float[] logits) {
      for (int id : banned) {
        logits[id] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  /// @param promptKeys row keys of the prompt; text tokens are used for the repetition penalty
  /// @param contextLeft number of tokens that fit into the context after the prompt
  AnswerBuilder(
      GenerationOptions options,
      Vocabulary vocabulary,
      long[] promptKeys,
      int contextLeft,
      TextListener listener,
      int answer,
      BooleanSupplier cancelled) {
    this.options = options;
    this.vocabulary = vocabulary;
    this.contextEndsFirst = contextLeft < options.maxNewTokens();
    this.maxTokens = Math.min(options.maxNewTokens(), contextLeft);
    this.listener = listener;
    this.answer = answer;
    this.cancelled = cancelled;
    this.chooser =
        switch (options.decoding()) {
          case Decoding.Greedy _, Decoding.Beam _ -> TokenChooser::argmax;
          case Decoding.Sample sample -> new TokenChooser.Random(sample, sample.seed() + answer);
        };
    this.detokenizer = vocabulary.tokenizer().streamingDetokenizer();
    this.stops = new StopStrings(options.stopStrings(), options.keepStopString());
    this.seen = new HashSet<>();
    for (long key : promptKeys) {
      if (key >= 0) {
        seen.add((int) key);
      }
    }
  }

  /// Keeps the answer in a form, before its first token.
  void keepIn(Optional<TokenFilter> form) {
    filter = form;
  }

  /// Chooses the next token.
  ///
  /// @param logits [vocab], overwritten
  /// @return whether the answer continues
  boolean accept(float[] logits) {
    if (cancelled.getAsBoolean()) {
      return finish(FinishReason.CANCELLED);
    }
    // as in the originals, reported log-probabilities are those before bans and penalties
    float[] reported = options.topLogProbs() >= 0 ? logits.clone() : null;
    vocabulary.ban(logits);
    penaliseRepetition(logits);
    filter.ifPresent(form -> form.apply(logits));
    int id = chooser.choose(logits);
    if (reported != null) {
      logProbs.add(LogProbabilities.of(reported, id, options.topLogProbs()));
    }
    filter.ifPresent(form -> form.accept(id));
    boolean goesOn = append(id);
    boolean isWhole = filter.map(TokenFilter::mustEnd).orElse(false);
    if (goesOn && isWhole) {
      return finish(FinishReason.END);
    }
    return goesOn;
  }

  /// Adds a token that was chosen by the caller (beam search), with its log-probabilities if they
  /// are requested.
  ///
  /// @return whether the answer continues
  boolean append(int id, Optional<TokenLogProbs> logProbability) {
    logProbability.ifPresent(logProbs::add);
    return append(id);
  }

  /// Ends the answer because its form is complete, unless it has ended.
  void complete() {
    if (finishReason == null) {
      finish(FinishReason.END);
    }
  }

  /// Ends the answer because the caller cancelled it.
  void cancel() {
    finish(FinishReason.CANCELLED);
  }

  private boolean append(int id) {
    ids.add(id);
    seen.add(id);
    if (vocabulary.eosIds().contains(id)) {
      return finish(FinishReason.END);
    }
    say(stops.accept(detokenizer.accept(id)));
    if (stops.found()) {
      return finish(FinishReason.STOP_STRING);
    }
    if (ids.size() >= maxTokens) {
      return finish(contextEndsFirst ? FinishReason.CONTEXT_FULL : FinishReason.MAX_TOKENS);
    }
    return true;
  }

  /// How many tokens it may still get.
  int tokensLeft() {
    return maxTokens - ids.size();
  }

  int lastId() {
    return ids.getLast();
  }

  /// Ids so far.
  int[] ids() {
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  Generation result() {
    return new Generation(ids(), text.toString(), finishReason, List.copyOf(logProbs));
  }

  private boolean finish(FinishReason reason) {
    finishReason = reason;
    if (!stops.found()) {
      say(stops.accept(detokenizer.finish()));
      if (stops.found()) {
        finishReason = FinishReason.STOP_STRING;
      } else {
        say(stops.finish());
      }
    }
    return false;
  }

  private void say(String piece) {
    if (!piece.isEmpty()) {
      text.append(piece);
      listener.onText(answer, piece);
    }
  }

  private void penaliseRepetition(float[] logits) {
    float penalty = (float) options.repetitionPenalty();
    if (penalty != 1) {
      for (int id : seen) {
        if (id < logits.length) {
          logits[id] = logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty;
        }
      }
    }
  }
}
