package llava4j.cli.bench;

/// Whether two engines compute the same thing: a benchmark of different work is worth nothing.
///
/// @param places where their logits were compared
/// @param sameChoice of these, where both find the same token likeliest
/// @param divergence mean Kullback-Leibler divergence of ours from theirs, in nats a place
record AnswerCheck(int places, int sameChoice, double divergence) {
  private static final int PROMPTS = 2;
  private static final int PROMPT_IDS = 24;
  private static final int FOLLOWING_IDS = 4;

  /// As much as rounding to 4 bits costs; two ways to run the same weights are a hundredth of it.
  private static final double MOST = 0.05;

  /// Compares logits behind random prompts, and behind each of the ids that follow.
  static AnswerCheck of(Engine ours, Engine theirs, BenchPlan plan, int vocab) {
    int places = 0;
    int same = 0;
    double divergence = 0;
    for (int prompt = 0; prompt < PROMPTS; prompt++) {
      int[] ids = plan.ids(PROMPT_IDS, vocab, 1000 + prompt);
      int[] following = plan.ids(FOLLOWING_IDS, vocab, 2000 + prompt);
      float[][] mine = ours.logits(ids, following);
      float[][] other = theirs.logits(ids, following);
      for (int place = 0; place < mine.length; place++) {
        places++;
        same += Engine.argmax(mine[place]) == Engine.argmax(other[place]) ? 1 : 0;
        divergence += divergence(other[place], mine[place]);
      }
    }
    return new AnswerCheck(places, same, divergence / places);
  }

  /// Whether it is the same model.
  boolean agrees() {
    return divergence <= MOST; // false for NaN, too
  }

  /// KL(p || q) of the distributions that two rows of logits are.
  static double divergence(float[] p, float[] q) {
    if (p.length != q.length) {
      return Double.POSITIVE_INFINITY;
    }
    double normP = logSum(p);
    double normQ = logSum(q);
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      double logP = p[i] - normP;
      sum += Math.exp(logP) * (logP - (q[i] - normQ));
    }
    return sum;
  }

  private static double logSum(float[] logits) {
    double max = logits[Engine.argmax(logits)];
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    return max + Math.log(sum);
  }
}
