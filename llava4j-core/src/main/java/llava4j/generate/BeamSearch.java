package llava4j.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import llava4j.generate.AnswerBuilder.Vocabulary;
import llava4j.generate.Generation.TokenLogProbs;
import llava4j.model.LlavaModel;
import llava4j.model.SplicedPrompt;
import llava4j.model.cache.KvCache;
import llava4j.text.tokenizer.StreamingDetokenizer;

/// Beam search: extends several hypotheses in parallel (Hugging Face's `num_beams` with
/// `early_stopping=False`).
///
/// As in Hugging Face's code, the repetition penalty changes the log-probabilities of the next
/// token, and a hypothesis ends at an end token or when its text contains a stop string. The best
/// hypothesis is passed to the answer builder at the end, so its text is streamed in one piece.
final class BeamSearch implements Answers {
  private final LlavaModel model;
  private final Vocabulary vocabulary;
  private final Decoding.Beam beam;
  private final GenerationOptions options;
  private final BooleanSupplier cancelled;
  private final SplicedPrompt prompt;
  private final AnswerBuilder builder;
  private final Memory memory;
  private final int maxTokens;
  private final Set<Integer> promptIds = new HashSet<>();
  private List<Hypothesis> finished = new ArrayList<>();
  private List<Hypothesis> live = List.of();
  private List<KvCache> caches = List.of(); // of the live hypotheses
  private int step;

  /// @param filter what keeps it in the required form, if there is one
  private record Hypothesis(
      int[] ids,
      List<TokenLogProbs> reported,
      double logProbability,
      Optional<TokenFilter> filter) {
    Hypothesis plus(int id, double logProbabilityOfId) {
      int[] longer = Arrays.copyOf(ids, ids.length + 1);
      longer[ids.length] = id;
      Optional<TokenFilter> moved = filter.map(TokenFilter::copy);
      moved.ifPresent(form -> form.accept(id));
      return new Hypothesis(longer, reported, logProbability + logProbabilityOfId, moved);
    }

    Hypothesis reporting(TokenLogProbs last) {
      List<TokenLogProbs> more = new ArrayList<>(reported);
      more.add(last);
      return new Hypothesis(ids, more, logProbability, filter);
    }

    double score(double lengthPenalty) {
      return logProbability / Math.pow(Math.max(1, ids.length), lengthPenalty);
    }
  }

  private record Candidate(int row, int id, Hypothesis hypothesis) {}

  BeamSearch(
      LlavaModel model,
      Vocabulary vocabulary,
      Decoding.Beam beam,
      GenerationOptions options,
      SplicedPrompt prompt,
      AnswerBuilder builder,
      Memory memory,
      BooleanSupplier cancelled) {
    this.model = model;
    this.vocabulary = vocabulary;
    this.beam = beam;
    this.options = options;
    this.prompt = prompt;
    this.builder = builder;
    this.memory = memory;
    this.cancelled = cancelled;
    this.maxTokens =
        Math.min(options.maxNewTokens(), model.config().contextLength() - prompt.numRows());
    for (long key : prompt.rowKeys()) {
      if (key >= 0) {
        promptIds.add((int) key);
      }
    }
  }

  @Override
  public SplicedPrompt prompt() {
    return prompt;
  }

  @Override
  public int maxSequences() {
    return beam.numBeams();
  }

  @Override
  public int maxTokens() {
    return maxTokens;
  }

  @Override
  public void begin(float[] logits, KvCache promptCache, AwaitedFilter form) {
    caches = List.of(promptCache); // closed with the search, whatever happens
    live = List.of(new Hypothesis(new int[0], List.of(), 0, form.newFilter()));
    memory.remember(prompt, new int[0], promptCache);
    choose(new float[][] {logits});
  }

  @Override
  public boolean areComplete() {
    return caches.isEmpty();
  }

  @Override
  public List<Next> next(int guesses) {
    List<Next> next = new ArrayList<>();
    for (int row = 0; row < caches.size(); row++) {
      int[] ids = live.get(row).ids();
      next.add(new Next(caches.get(row), new int[] {ids[ids.length - 1]}));
    }
    return next;
  }

  @Override
  public void accept(List<float[][]> logits) {
    choose(logits.stream().map(ofOne -> ofOne[0]).toArray(float[][]::new));
  }

  /// @param logits of each live hypothesis, [live, vocab]
  private void choose(float[][] logits) {
    for (int row = 0; row < logits.length; row++) {
      Logits.requireFinite(logits[row], model, prompt, live.get(row).ids());
    }
    if (cancelled.getAsBoolean()) {
      finish(true);
      return;
    }
    step++;
    List<Candidate> next = new ArrayList<>();
    List<Candidate> candidates = candidates(logits);
    for (int rank = 0; rank < candidates.size(); rank++) {
      Candidate candidate = candidates.get(rank);
      if (step == maxTokens || ends(candidate)) {
        // an end token counts only among the best `numBeams` continuations
        if (rank < beam.numBeams()) {
          finished.add(candidate.hypothesis());
        }
      } else if (next.size() < beam.numBeams()) {
        next.add(candidate);
      }
    }
    finished.sort(byScore());
    finished = new ArrayList<>(finished.subList(0, Math.min(finished.size(), beam.numBeams())));
    follow(next);
    if (live.isEmpty() || isDecided()) {
      finish(false);
    }
  }

  /// Goes on with these hypotheses. Those with the same beginning share its cache.
  private void follow(List<Candidate> next) {
    List<KvCache> followed = new ArrayList<>();
    for (Candidate candidate : next) {
      followed.add(caches.get(candidate.row()).fork());
    }
    caches.forEach(KvCache::close);
    caches = followed;
    live = next.stream().map(Candidate::hypothesis).toList();
  }

  /// Passes the best hypothesis to the builder.
  private void finish(boolean stopped) {
    close();
    if (stopped || finished.isEmpty()) {
      finished.addAll(live);
    }
    finished.sort(byScore());
    Hypothesis best = finished.getFirst();
    for (int i = 0; i < best.ids().length; i++) {
      Optional<TokenLogProbs> reported =
          best.reported().isEmpty() ? Optional.empty() : Optional.of(best.reported().get(i));
      if (!builder.append(best.ids()[i], reported)) {
        return;
      }
    }
    if (stopped) {
      builder.cancel();
    } else {
      builder.complete();
    }
  }

  @Override
  public void cancel() {
    builder.cancel();
  }

  @Override
  public List<Generation> results() {
    return List.of(builder.result());
  }

  @Override
  public void close() {
    caches.forEach(KvCache::close);
    caches = List.of();
  }

  private boolean ends(Candidate candidate) {
    return vocabulary.eosIds().contains(candidate.id())
        || candidate.hypothesis().filter().map(TokenFilter::mustEnd).orElse(false)
        || (!options.stopStrings().isEmpty() && holdsStopString(candidate.hypothesis().ids()));
  }

  private boolean holdsStopString(int[] ids) {
    StreamingDetokenizer detokenizer = vocabulary.tokenizer().streamingDetokenizer();
    StopStrings stops = new StopStrings(options.stopStrings(), options.keepStopString());
    for (int id : ids) {
      stops.accept(detokenizer.accept(id));
    }
    return stops.found();
  }

  /// Twice as many continuations as beams, so that enough are left when some end.
  private List<Candidate> candidates(float[][] logits) {
    List<Candidate> all = new ArrayList<>();
    for (int row = 0; row < live.size(); row++) {
      Hypothesis beginning = live.get(row);
      float[] raw = options.topLogProbs() >= 0 ? logits[row].clone() : logits[row];
      float[] scores = scores(logits[row], beginning);
      for (int id : LogProbabilities.best(scores, 2 * beam.numBeams())) {
        if (scores[id] != Float.NEGATIVE_INFINITY) {
          Hypothesis longer = beginning.plus(id, scores[id]);
          if (options.topLogProbs() >= 0) {
            longer = longer.reporting(LogProbabilities.of(raw, id, options.topLogProbs()));
          }
          all.add(new Candidate(row, id, longer));
        }
      }
    }
    all.sort(
        Comparator.comparingDouble((Candidate candidate) -> candidate.hypothesis().logProbability())
            .reversed());
    return all.subList(0, Math.min(all.size(), 2 * beam.numBeams()));
  }

  /// Log-probabilities of the next token, with the repetition penalty for tokens of the prompt and
  /// of the hypothesis. [vocab]
  ///
  /// @param logits overwritten, [vocab]
  private float[] scores(float[] logits, Hypothesis beginning) {
    double norm = LogProbabilities.logSumExp(logits); // over all tokens, as in the original
    vocabulary.ban(logits);
    for (int id = 0; id < logits.length; id++) {
      logits[id] = (float) (logits[id] - norm);
    }
    float penalty = (float) options.repetitionPenalty();
    if (penalty != 1) {
      Set<Integer> seen = new HashSet<>(promptIds);
      for (int id : beginning.ids()) {
        seen.add(id);
      }
      for (int id : seen) {
        if (id < logits.length) {
          logits[id] = logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty;
        }
      }
    }
    beginning.filter().ifPresent(form -> form.apply(logits));
    return logits;
  }

  /// Whether no running hypothesis can beat the worst finished one at its current length.
  private boolean isDecided() {
    return finished.size() >= beam.numBeams()
        && finished.getLast().score(beam.lengthPenalty())
            >= live.getFirst().score(beam.lengthPenalty());
  }

  private Comparator<Hypothesis> byScore() {
    return Comparator.comparingDouble(
            (Hypothesis hypothesis) -> hypothesis.score(beam.lengthPenalty()))
        .reversed();
  }
}
