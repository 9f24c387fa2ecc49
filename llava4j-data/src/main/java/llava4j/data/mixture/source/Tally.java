package llava4j.data.mixture.source;

import java.util.EnumMap;
import java.util.Map;
import llava4j.data.mixture.rule.Finding;

/// Counts the rows of a source and what is left out or changed.
public final class Tally {
  private final Map<Finding, Long> findings = new EnumMap<>(Finding.class);
  private long rows;

  /// Counts one row of the source, such as a question.
  void row() {
    rows++;
  }

  public void add(Finding finding) {
    add(finding, 1);
  }

  void add(Finding finding, long count) {
    if (count > 0) {
      findings.merge(finding, count, Long::sum);
    }
  }

  public long rows() {
    return rows;
  }

  public Map<Finding, Long> findings() {
    return Map.copyOf(findings);
  }
}
