package llava4j.experiment.ledger;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import llava4j.experiment.design.Measure;

/// A finished arm with one seed.
///
/// @param arm name
/// @param settings hash of everything that the figures depend on, besides the data
/// @param figures what could be measured
/// @param guesses for measures of right answers: what always giving the most frequent answer to
///   each kind of question would reach
/// @param models keys of the models that the arm is made of, in the order of their making
/// @param questions number of questions asked
/// @param askingSeconds wall time of asking them
public record Entry(
    String experiment,
    String scale,
    String arm,
    long seed,
    String settings,
    SequencedMap<Measure, Figure> figures,
    Map<Measure, Double> guesses,
    List<String> models,
    int questions,
    double askingSeconds) {
  public Entry {
    figures = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(figures));
    guesses = Map.copyOf(guesses);
    models = List.copyOf(models);
  }
}
