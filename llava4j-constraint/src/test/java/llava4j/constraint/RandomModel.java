package llava4j.constraint;

import java.util.List;
import java.util.Random;

/// A recurrent network with random weights over the small vocabulary: unlike a uniform draw it has
/// favourites and falls into loops, as a model does that has not learned anything.
final class RandomModel {
  private static final int WIDTH = 24;
  private static final double TEMPERATURE = 0.7;

  private final Random random;
  private final double[][] recurrent;
  private final double[][] tokens;
  private double[] state = new double[WIDTH];

  RandomModel(Random random, int vocabulary) {
    this.random = random;
    recurrent = weights(WIDTH, 1.5 / Math.sqrt(WIDTH));
    tokens = weights(vocabulary, 1);
  }

  private double[][] weights(int rows, double scale) {
    double[][] weights = new double[rows][WIDTH];
    for (double[] row : weights) {
      for (int i = 0; i < WIDTH; i++) {
        row[i] = scale * random.nextGaussian();
      }
    }
    return weights;
  }

  /// One of some tokens, drawn by the model's own probabilities.
  int next(List<Integer> ids) {
    double best = Double.NEGATIVE_INFINITY;
    int chosen = -1;
    for (int id : ids) {
      // the largest of logits with Gumbel's noise is a draw from their softmax
      double value =
          dot(tokens[id], state) / TEMPERATURE - Math.log(-Math.log(random.nextDouble()));
      if (chosen < 0 || value > best) {
        best = value;
        chosen = id;
      }
    }
    return chosen;
  }

  void read(int id) {
    double[] next = new double[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      next[i] = Math.tanh(dot(recurrent[i], state) + tokens[id][i]);
    }
    state = next;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < WIDTH; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
