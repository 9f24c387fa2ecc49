package llava4j.generate;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import llava4j.generate.Generation.LogProb;
import llava4j.generate.Generation.TokenLogProbs;

/// Functions of the logits of one step.
final class LogProbabilities {
  private LogProbabilities() {}

  /// log Σ exp(logits), numerically stable.
  static double logSumExp(float[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    return max + Math.log(sum);
  }

  /// The chosen token's and the best `numTop` tokens' log-probabilities.
  static TokenLogProbs of(float[] logits, int chosen, int numTop) {
    double norm = logSumExp(logits);
    List<LogProb> top = new ArrayList<>();
    for (int id : best(logits, numTop)) {
      top.add(new LogProb(id, (float) (logits[id] - norm)));
    }
    return new TokenLogProbs(new LogProb(chosen, (float) (logits[chosen] - norm)), top);
  }

  /// The ids of the `count` largest values, best first; the lower id first among equals.
  static int[] best(float[] values, int count) {
    PriorityQueue<Integer> kept =
        new PriorityQueue<>((a, b) ->
            values[a] != values[b] ? Float.compare(values[a], values[b]) : Integer.compare(b, a));
    for (int id = 0; id < values.length; id++) {
      if (kept.size() < count) {
        kept.add(id);
      } else if (count > 0 && values[id] > values[kept.peek()]) {
        kept.poll();
        kept.add(id);
      }
    }
    int[] best = new int[kept.size()];
    for (int i = best.length - 1; i >= 0; i--) {
      best[i] = kept.poll();
    }
    return best;
  }
}
