package llava4j.eval.metric;

import java.util.List;
import java.util.Set;

/// POPE's counts of yes and no, and the scores computed from them (spec 7.3, `eval_pope.py`).
///
/// @param truePositives right answers yes
/// @param falsePositives wrong answers yes
/// @param trueNegatives right answers no
/// @param falseNegatives wrong answers no
public record YesNoCounts(
    long truePositives, long falsePositives, long trueNegatives, long falseNegatives) {
  private static final Set<String> NO = Set.of("No", "not", "no");

  /// Whether an answer counts as yes. It does unless one of its words is `No`, `not` or `no`; only
  /// the text before the first period counts, without commas, split at single blanks.
  public static boolean isYes(String answer) {
    int period = answer.indexOf('.');
    String first = period < 0 ? answer : answer.substring(0, period);
    return List.of(first.replace(",", "").split(" ", -1)).stream().noneMatch(NO::contains);
  }

  /// Whether a label counts as yes: all do except `no`.
  public static boolean isYesLabel(String label) {
    return !label.equals("no");
  }

  public static YesNoCounts none() {
    return new YesNoCounts(0, 0, 0, 0);
  }

  /// With one more answer.
  public YesNoCounts plus(boolean answer, boolean label) {
    return new YesNoCounts(
        truePositives + (answer && label ? 1 : 0),
        falsePositives + (answer && !label ? 1 : 0),
        trueNegatives + (!answer && !label ? 1 : 0),
        falseNegatives + (!answer && label ? 1 : 0));
  }

  public long total() {
    return truePositives + falsePositives + trueNegatives + falseNegatives;
  }

  public double accuracy() {
    return share(truePositives + trueNegatives, total());
  }

  public double precision() {
    return share(truePositives, truePositives + falsePositives);
  }

  public double recall() {
    return share(truePositives, truePositives + falseNegatives);
  }

  public double f1() {
    double sum = precision() + recall();
    return sum == 0 ? 0 : 2 * precision() * recall() / sum;
  }

  public double yesRatio() {
    return share(truePositives + falsePositives, total());
  }

  /// 0 if the divisor is 0; the original fails with an error then.
  private static double share(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }
}
