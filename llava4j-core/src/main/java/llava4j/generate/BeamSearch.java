package llava4j.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import llava4j.generate.AnswerBuilder.Vocabulary;
import llava4j.model.KvCache;
import llava4j.model.LlavaModel;
import llava4j.model.SplicedPrompt;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Tensor;

/// Follows the likeliest beginnings side by side (Hugging Face's `num_beams` with
/// `early_stopping=False`).
///
/// The winner is handed to the answer builder at the end, so its text comes in one piece.
final class BeamSearch {
  private final LlavaModel model;
  private final Vocabulary vocabulary;
  private final Decoding.Beam beam;

  private record Hypothesis(int[] ids, double logProbability) {
    Hypothesis plus(int id, double logProbabilityOfId) {
      int[] longer = Arrays.copyOf(ids, ids.length + 1);
      longer[ids.length] = id;
      return new Hypothesis(longer, logProbability + logProbabilityOfId);
    }

    double score(double lengthPenalty) {
      return logProbability / Math.pow(Math.max(1, ids.length), lengthPenalty);
    }
  }

  private record Candidate(int row, int id, Hypothesis hypothesis) {}

  BeamSearch(LlavaModel model, Vocabulary vocabulary, Decoding.Beam beam) {
    this.model = model;
    this.vocabulary = vocabulary;
    this.beam = beam;
  }

  void run(
      float[] first,
      SplicedPrompt prompt,
      PromptCache chat,
      AnswerBuilder builder,
      GenerationOptions options) {
    int maxTokens =
        Math.min(options.maxNewTokens(), model.config().contextLength() - prompt.numRows());
    Hypothesis best = search(first, chat.cache(), maxTokens);
    chat.cache().selectRows(new int[] {0});
    chat.truncate(prompt.numRows());
    for (int id : best.ids()) {
      if (!builder.append(id)) {
        return;
      }
    }
  }

  private Hypothesis search(float[] first, KvCache cache, int maxTokens) {
    List<Hypothesis> finished = new ArrayList<>();
    List<Hypothesis> live = List.of(new Hypothesis(new int[0], 0));
    float[][] logits = {first};
    for (int step = 1; step <= maxTokens; step++) {
      List<Candidate> next = new ArrayList<>();
      for (Candidate candidate : candidates(live, logits)) {
        if (vocabulary.eosIds().contains(candidate.id())) {
          finished.add(candidate.hypothesis());
        } else if (next.size() < beam.numBeams()) {
          next.add(candidate);
        }
      }
      finished.sort(byScore());
      finished = new ArrayList<>(finished.subList(0, Math.min(finished.size(), beam.numBeams())));
      live = next.stream().map(Candidate::hypothesis).toList();
      if (live.isEmpty() || step == maxTokens || isDecided(finished, live)) {
        break;
      }
      logits = advance(next, cache);
    }
    finished.addAll(live);
    finished.sort(byScore());
    return finished.getFirst();
  }

  /// Twice as many continuations as beams, so that enough are left when some end.
  private List<Candidate> candidates(List<Hypothesis> live, float[][] logits) {
    List<Candidate> all = new ArrayList<>();
    for (int row = 0; row < live.size(); row++) {
      double norm = LogProbabilities.logSumExp(logits[row]); // of all tokens, as the original's
      vocabulary.ban(logits[row]);
      for (int id : LogProbabilities.best(logits[row], 2 * beam.numBeams())) {
        if (logits[row][id] != Float.NEGATIVE_INFINITY) {
          all.add(new Candidate(row, id, live.get(row).plus(id, logits[row][id] - norm)));
        }
      }
    }
    all.sort(
        Comparator.comparingDouble((Candidate candidate) -> candidate.hypothesis().logProbability())
            .reversed());
    return all.subList(0, Math.min(all.size(), 2 * beam.numBeams()));
  }

  /// No live beginning can still beat the worst of enough finished answers at its present length.
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
      return Generator.rows(model.forward(embeddings, cache));
    }
  }
}
