package llava4j.data.mixture;

import java.util.Map;
import llava4j.data.mixture.rule.Incident;

/// The counts of one source.
///
/// @param rows number of rows in the source's files, such as questions
/// @param samples number of samples in the mixture
/// @param incidents how often something was left out or changed, by reason
public record SourceResult(
    MixtureSource source, long rows, long samples, Map<Incident, Long> incidents) {
  public SourceResult {
    incidents = Map.copyOf(incidents);
  }
}
