package llava4j.experiment.judge;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llava4j.experiment.design.Experiment;
import llava4j.experiment.design.Measure;
import llava4j.experiment.design.Rule;
import llava4j.experiment.ledger.Entry;

/// The verdict and the sentences that explain it.
///
/// @param reasons one or more sentences for each comparison
public record Judgement(Verdict verdict, List<String> reasons) {
  /// With fewer seeds, chance of training cannot be told from a difference.
  public static final int SEEDS_NEEDED = 3;

  public Judgement {
    reasons = List.copyOf(reasons);
  }

  /// Judges an experiment by its finished arms.
  ///
  /// @param entries of this experiment's settings only
  public static Judgement of(Experiment experiment, List<Entry> entries) {
    List<String> reasons = new ArrayList<>();
    Verdict verdict = decide(experiment.rule(), new Results(experiment, entries), reasons);
    return new Judgement(verdict, reasons);
  }

  private static Verdict decide(Rule rule, Results results, List<String> reasons) {
    return switch (rule) {
      case Rule.NoClaim(String why) -> {
        reasons.add(why);
        yield Verdict.CANNOT_TELL;
      }
      case Rule.All(List<Rule> rules) -> {
        List<Verdict> all = rules.stream().map(one -> decide(one, results, reasons)).toList();
        yield all.contains(Verdict.DISAGREE)
            ? Verdict.DISAGREE
            : all.contains(Verdict.CANNOT_TELL) ? Verdict.CANNOT_TELL : Verdict.AGREE;
      }
      case Rule.More(String arm, String than, Measure measure) ->
          compare(new Comparison(arm, than, 1, measure), results, reasons);
      case Rule.AtLeast(String arm, double share, String of, Measure measure) ->
          compare(new Comparison(arm, of, share, measure), results, reasons);
    };
  }

  /// `arm` against `share` of `other`.
  private record Comparison(String arm, String other, double share, Measure measure) {
    String words() {
      String against =
          share == 1
              ? "\"" + other + "\""
              : String.format(Locale.ROOT, "%.0f %% of \"%s\"", 100 * share, other);
      return "\"" + arm + "\" against " + against + ", " + measure.title();
    }
  }

  private static Verdict compare(Comparison asked, Results results, List<String> reasons) {
    Optional<Results.Pair> found = results.pair(asked.arm(), asked.other(), asked.measure());
    if (found.isEmpty()) {
      reasons.add(asked.words() + ": no seed has both arms yet.");
      return Verdict.CANNOT_TELL;
    }
    Results.Pair pair = found.get();
    int seeds = pair.one().size();
    Estimate difference = Statistics.difference(pair.one(), pair.other(), asked.share());
    String unit = asked.measure().unit().sign();
    String told =
        difference.bounded()
            ? String.format(
                Locale.ROOT,
                "%s: %+.2f%s (95 %% interval %+.2f to %+.2f, %s)",
                asked.words(),
                difference.mean(),
                unit,
                difference.low(),
                difference.high(),
                seeds(seeds))
            : String.format(
                Locale.ROOT,
                "%s: %+.2f%s (%s, no interval)",
                asked.words(),
                difference.mean(),
                unit,
                seeds(seeds));
    Optional<String> blind = results.blindness(pair, asked.measure());
    if (blind.isPresent()) {
      reasons.add(told + ". " + blind.get());
      return Verdict.CANNOT_TELL;
    }
    if (results.basesDiffer(asked.arm(), asked.other())) {
      reasons.add(
          told
              + ". The two arms have bases of their own, each of which was trained once for all seeds,"
              + " so that chance of that training cannot be told from the difference.");
      return Verdict.CANNOT_TELL;
    }
    boolean above = difference.bounded() && difference.low() > 0;
    boolean below = difference.bounded() && difference.high() < 0;
    if (!above && !below) {
      reasons.add(
          told
              + (difference.bounded()
                  ? ": too close to tell."
                  : ": one seed without questions cannot tell."));
      return Verdict.CANNOT_TELL;
    }
    if (seeds < SEEDS_NEEDED) {
      reasons.add(
          told
              + (above ? ": leans to what the paper found" : ": leans against what the paper found")
              + ", but "
              + seeds(seeds)
              + " cannot show how much chance of training moves it; "
              + SEEDS_NEEDED
              + " are needed.");
      return Verdict.CANNOT_TELL;
    }
    reasons.add(
        told + (above ? ": as the paper found." : ": the opposite of what the paper found."));
    return above ? Verdict.AGREE : Verdict.DISAGREE;
  }

  private static String seeds(int count) {
    return count == 1 ? "1 seed" : count + " seeds";
  }
}
