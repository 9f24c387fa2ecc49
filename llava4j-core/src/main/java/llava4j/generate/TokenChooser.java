package llava4j.generate;

import java.util.Arrays;
import java.util.SplittableRandom;

/// Chooses one token from one row of logits.
interface TokenChooser {

  /// @param logits [vocab]; the chooser may overwrite them
  int choose(float[] logits);

  /// The largest logit; the lowest id among equals.
  static int argmax(float[] logits) {
    int best = 0;
    for (int id = 1; id < logits.length; id++) {
      if (logits[id] > logits[best]) {
        best = id;
      }
    }
    return best;
  }

  /// Samples from the filtered distribution.
  final class Random implements TokenChooser {
    private final Decoding.Sample sample;
    private final SplittableRandom random;

    Random(Decoding.Sample sample, long seed) {
      this.sample = sample;
      this.random = new SplittableRandom(seed);
    }

    @Override
    public int choose(float[] logits) {
      int[] order = candidates(logits);
      double[] probabilities = softmax(logits, order);
      int kept = numKept(probabilities);
      double sum = Arrays.stream(probabilities, 0, kept).sum();
      double point = random.nextDouble() * sum;
      for (int i = 0; i < kept; i++) {
        point -= probabilities[i];
        if (point < 0) {
          return order[i];
        }
      }
      return order[kept - 1];
    }

    /// The ids that top-k keeps, most likely first.
    private int[] candidates(float[] logits) {
      int limit = sample.topK() == 0 ? logits.length : Math.min(sample.topK(), logits.length);
      return LogProbabilities.best(logits, limit);
    }

    private double[] softmax(float[] logits, int[] order) {
      double[] probabilities = new double[order.length];
      double sum = 0;
      for (int i = 0; i < order.length; i++) {
        probabilities[i] =
            Math.exp((logits[order[i]] - (double) logits[order[0]]) / sample.temperature());
        sum += probabilities[i];
      }
      for (int i = 0; i < order.length; i++) {
        probabilities[i] /= sum;
      }
      return probabilities;
    }

    /// Number of the sorted candidates that top-p and min-p keep; at least one.
    private int numKept(double[] probabilities) {
      int kept = 0;
      double sum = 0;
      while (kept < probabilities.length && (kept == 0 || sum < sample.topP())) {
        sum += probabilities[kept++];
      }
      while (kept > 1 && probabilities[kept - 1] < sample.minP() * probabilities[0]) {
        kept--;
      }
      return kept;
    }
  }
}
