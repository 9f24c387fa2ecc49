package llava4j.experiment.design;

import java.util.List;
import llava4j.io.Sha256;

/// One finding of the paper, and how it is tried.
///
/// @param question what is asked, in a sentence
/// @param claim what the paper found, in a sentence
/// @param where section, table or figure of the paper
/// @param measures the columns of the table, in order
/// @param plotted the measure of the plot
/// @param limits what models of this scale can tell about the finding, in plain words
public record Experiment(
    ExperimentName name,
    Scale scale,
    String question,
    String claim,
    String where,
    List<Arm> arms,
    List<Measure> measures,
    Measure plotted,
    Rule rule,
    String limits) {
  public Experiment {
    arms = List.copyOf(arms);
    measures = List.copyOf(measures);
    if (arms.stream().map(Arm::name).distinct().count() != arms.size()) {
      throw new IllegalArgumentException(name + " has two arms of one name");
    }
    if (!measures.contains(plotted)) {
      throw new IllegalArgumentException(name + " plots what it does not show");
    }
    requireKnown(rule, arms, measures);
  }

  private static void requireKnown(Rule rule, List<Arm> arms, List<Measure> measures) {
    switch (rule) {
      case Rule.NoClaim _ -> {}
      case Rule.All(List<Rule> rules) -> rules.forEach(one -> requireKnown(one, arms, measures));
      case Rule.More(String arm, String than, Measure measure) ->
          requireKnown(List.of(arm, than), measure, arms, measures);
      case Rule.AtLeast(String arm, double _, String of, Measure measure) ->
          requireKnown(List.of(arm, of), measure, arms, measures);
    }
  }

  private static void requireKnown(
      List<String> names, Measure measure, List<Arm> arms, List<Measure> measures) {
    if (!arms.stream().map(Arm::name).toList().containsAll(names) || !measures.contains(measure)) {
      throw new IllegalArgumentException("a rule speaks of " + names + " and " + measure);
    }
  }

  /// A hash of everything that the figures of one arm and seed depend on, besides the data.
  public String settings(Arm arm, long seed) {
    return Sha256.of(
            arm.model().seeded(seed).key() + "\n" + arm.asking() + "\n" + measures + "\n" + scale)
        .substring(0, Model.KEY_LENGTH);
  }

  /// The arm of this name.
  public Arm arm(String wanted) {
    return arms.stream().filter(arm -> arm.name().equals(wanted)).findFirst().orElseThrow();
  }
}
