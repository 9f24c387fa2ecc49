package llava4j.data.mixture;

import java.util.Map;
import llava4j.data.mixture.rule.Incident;

/// What came of a source.
///
/// @param rows the source's own rows, such as questions
/// @param samples what the mixture has of it
/// @param incidents why that differs, with counts
public record SourceResult(
    MixtureSource source, long rows, long samples, Map<Incident, Long> incidents) {
  public SourceResult {
    incidents = Map.copyOf(incidents);
  }
}
