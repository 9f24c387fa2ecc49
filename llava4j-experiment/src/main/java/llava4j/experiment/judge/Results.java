package llava4j.experiment.judge;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import llava4j.experiment.design.Experiment;
import llava4j.experiment.design.Measure;
import llava4j.experiment.design.Model;
import llava4j.experiment.ledger.Entry;
import llava4j.experiment.ledger.Figure;

/// The figures of an experiment by arm and seed.
///
/// @param entries of this experiment's settings only
public record Results(Experiment experiment, List<Entry> entries) {
  public Results {
    entries = List.copyOf(entries);
  }

  /// The figures of two arms, of the seeds that both have.
  ///
  /// @param one the first arm's, in the order of the seeds
  public record Pair(List<Figure> one, List<Figure> other) {}

  /// One arm's figures, in the order of the seeds.
  public List<Figure> figures(String arm, Measure measure) {
    return seeds().stream().flatMap(seed -> figure(arm, seed, measure).stream()).toList();
  }

  /// One arm's mean; empty if no seed is finished.
  public Optional<Estimate> estimate(String arm, Measure measure) {
    List<Figure> figures = figures(arm, measure);
    return figures.isEmpty() ? Optional.empty() : Optional.of(Statistics.of(figures));
  }

  /// All seeds of which an arm is finished, in order.
  public List<Long> seeds() {
    return List.copyOf(new TreeSet<>(entries.stream().map(Entry::seed).toList()));
  }

  /// What guessing reaches; empty if the measure has no such figure.
  public OptionalDouble guess(Measure measure) {
    return entries.stream()
        .filter(entry -> entry.guesses().containsKey(measure))
        .mapToDouble(entry -> entry.guesses().get(measure))
        .findFirst();
  }

  Optional<Pair> pair(String one, String other, Measure measure) {
    List<Figure> ones = new ArrayList<>();
    List<Figure> others = new ArrayList<>();
    for (long seed : seeds()) {
      Optional<Figure> first = figure(one, seed, measure);
      Optional<Figure> second = figure(other, seed, measure);
      if (first.isPresent() && second.isPresent()) {
        ones.add(first.get());
        others.add(second.get());
      }
    }
    return ones.isEmpty() ? Optional.empty() : Optional.of(new Pair(ones, others));
  }

  /// Whether two arms begin with different models that were trained once for all seeds. Published
  /// models are what is compared, and have no chance of ours.
  boolean basesDiffer(String one, String other) {
    return !trainedOnce(one).equals(trainedOnce(other));
  }

  private Set<Model> trainedOnce(String arm) {
    return experiment.arm(arm).model().lineage().stream()
        .filter(model -> model instanceof Model.Trained trained && !trained.seeded())
        .collect(Collectors.toSet());
  }

  /// A sentence if neither arm is better than a guess.
  Optional<String> blindness(Pair pair, Measure measure) {
    OptionalDouble guess = guess(measure);
    if (guess.isEmpty()) {
      return Optional.empty();
    }
    double best = Math.max(Statistics.of(pair.one()).low(), Statistics.of(pair.other()).low());
    return best > guess.getAsDouble()
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "Neither is certainly better than always giving the most frequent answer (%.1f %%),"
                    + " so that the difference says nothing about seeing.",
                guess.getAsDouble()));
  }

  private Optional<Figure> figure(String arm, long seed, Measure measure) {
    return entries.stream()
        .filter(entry -> entry.arm().equals(arm) && entry.seed() == seed)
        .flatMap(entry -> Optional.ofNullable(entry.figures().get(measure)).stream())
        .findFirst();
  }
}
