package llava4j.experiment.design;

import java.util.List;

/// What has to hold of our figures for the paper's finding to be confirmed. Arms are named as in
/// the experiment.
public sealed interface Rule {

  /// One arm has more of a measure than another.
  record More(String arm, String than, Measure measure) implements Rule {}

  /// One arm has at least a share of another's: `share` 0.98 is "keeps 98 %", 1.25 "a quarter
  /// more".
  record AtLeast(String arm, double share, String of, Measure measure) implements Rule {}

  /// All of them hold.
  record All(List<Rule> rules) implements Rule {
    public All {
      rules = List.copyOf(rules);
    }
  }

  /// The paper says nothing that could be compared.
  ///
  /// @param why a sentence for the report
  record NoClaim(String why) implements Rule {}

  /// Several rules.
  static Rule all(Rule... rules) {
    return new All(List.of(rules));
  }
}
