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
import llava4j.tensor.Scope;
import llava4j.text.tokenizer.StreamingDetokenizer;
import org.bytedeco.pytorch.Tensor;

/// Beam search: extends several hypotheses in parallel (Hugging Face's `num_beams` with
/// `early_stopping=False`).
///
/// As in Hugging Face's code, the repetition penalty changes the log-probabilities of the next
/// token, and a hypothesis ends at an end token or when its text contains a stop string. The best
/// hypothesis is passed to the answer builder at the end, so its text is streamed in one piece.
final class BeamSearch {
  private final LlavaModel model;
  private final Vocabulary vocabulary;
  private final Decoding.Beam beam;
  private final GenerationOptions options;
  private final BooleanSupplier cancelled;
  private final SplicedPrompt prompt;
  private final Set<Integer> promptIds = new HashSet<>();

  private record Hypothesis(int[] ids, List<TokenLogProbs> reported, double logProbability) {
    Hypothesis plus(int id, double logProbabilityOfId) {
      int[] longer = Arrays.copyOf(ids, ids.length + 1);
      longer[ids.length] = id;
      return new Hypothesis(longer, reported, logProbability + logProbabilityOfId);
    }

    Hypothesis reporting(TokenLogProbs last) {
      List<TokenLogProbs> more = new ArrayList<>(reported);
      more.add(last);
      return new Hypothesis(ids, more, logProbability);
    }

    double score(double lengthPenalty) {
      return logProbability / Math.pow(Math.max(1, ids.length), lengthPenalty);
    }
  }

  private record Candidate(int row, int id, Hypothesis hypothesis) {}

  /// The result of a search, and whether it was completed.
  private record Outcome(Hypothesis best, boolean cancelled) {}

  BeamSearch(
      LlavaModel model,
      Vocabulary vocabulary,
      Decoding.Beam beam,
      GenerationOptions options,
      SplicedPrompt prompt,
      BooleanSupplier cancelled) {
    this.model = model;
    this.vocabulary = vocabulary;
    this.beam = beam;
    this.options = options;
    this.prompt = prompt;
    this.cancelled = cancelled;
    for (long key : prompt.rowKeys()) {
      if (key >= 0) {
        promptIds.add((int) key);
      }
    }
  }

  /// Searches and passes the result to the builder.
  ///
  /// @param first logits after the prompt, [vocab]
  /// @param chat contains the prompt, and again when this method returns
  void run(float[] first, PromptCache chat, AnswerBuilder builder) {
    int maxTokens =
        Math.min(options.maxNewTokens(), model.config().contextLength() - prompt.numRows());
    Outcome outcome;
    try {
      outcome = search(first, chat.cache(), maxTokens);
    } finally {
      chat.cache().selectRows(new int[] {0});
      chat.truncate(prompt.numRows());
    }
    Hypothesis best = outcome.best();
    for (int i = 0; i < best.ids().length; i++) {
      Optional<TokenLogProbs> reported =
          best.reported().isEmpty() ? Optional.empty() : Optional.of(best.reported().get(i));
      if (!builder.append(best.ids()[i], reported)) {
        return;
      }
    }
    if (outcome.cancelled()) {
      builder.cancel();
    }
  }

  private Outcome search(float[] first, KvCache cache, int maxTokens) {
    List<Hypothesis> finished = new ArrayList<>();
    List<Hypothesis> live = List.of(new Hypothesis(new int[0], List.of(), 0));
    float[][] logits = {first};
    boolean stopped = false;
    for (int step = 1; step <= maxTokens; step++) {
      if (cancelled.getAsBoolean()) {
        stopped = true;
        break;
      }
      List<Candidate> next = new ArrayList<>();
      List<Candidate> candidates = candidates(live, logits);
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
      live = next.stream().map(Candidate::hypothesis).toList();
      if (live.isEmpty() || isDecided(finished, live)) {
        break;
      }
      logits = advance(next, cache);
    }
    if (stopped || finished.isEmpty()) {
      finished.addAll(live);
    }
    finished.sort(byScore());
    return new Outcome(finished.getFirst(), stopped);
  }

  private boolean ends(Candidate candidate) {
    return vocabulary.eosIds().contains(candidate.id())
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
  private List<Candidate> candidates(List<Hypothesis> live, float[][] logits) {
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
    return logits;
  }

  /// Whether no running hypothesis can beat the worst finished one at its current length.
  private boolean isDecided(List<Hypothesis> finished, List<Hypothesis> live) {
    return finished.size() >= beam.numBeams()
        && finished.getLast().score(beam.lengthPenalty())
            >= live.getFirst().score(beam.lengthPenalty());
  }

  private Comparator<Hypothesis> byScore() {
    return Comparator.comparingDouble(
            (Hypothesis hypothesis) -> hypothesis.score(beam.lengthPenalty()))
        .reversed();
  }

  private float[][] advance(List<Candidate> next, KvCache cache) {
    cache.selectRows(next.stream().mapToInt(Candidate::row).toArray());
    try (Scope _ = new Scope()) {
      int[] ids = next.stream().mapToInt(Candidate::id).toArray();
      Tensor embeddings = model.languageModel().embed(ids).unsqueeze(1); // [beams, 1, dim]
      float[][] logits = Logits.rows(model.forward(embeddings, cache));
      for (int row = 0; row < logits.length; row++) {
        Logits.requireFinite(logits[row], model, prompt, next.get(row).hypothesis().ids());
      }
      return logits;
    }
  }
}
