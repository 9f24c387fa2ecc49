package llava4j.experiment.judge;

import java.util.List;

/// A mean over seeds with its 95 % interval.
///
/// @param bounded false if nothing tells how far the mean may be off: one seed, and no questions to
///   resample; `low` and `high` are the mean then
/// @param seeds the value of each seed
public record Estimate(double mean, double low, double high, boolean bounded, List<Double> seeds) {
  public Estimate {
    seeds = List.copyOf(seeds);
  }
}
