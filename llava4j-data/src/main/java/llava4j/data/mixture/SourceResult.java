package llava4j.data.mixture;

import java.util.Map;
import llava4j.data.mixture.rule.Finding;

/// What came of a source.
///
/// @param rows the source's own rows, such as questions
/// @param samples what the mixture has of it
/// @param findings why that differs, with counts
public record SourceResult(
    MixtureSource source, long rows, long samples, Map<Finding, Long> findings) {
  public SourceResult {
    findings = Map.copyOf(findings);
  }
}
