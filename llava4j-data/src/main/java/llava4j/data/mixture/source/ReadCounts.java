package llava4j.data.mixture.source;

import java.util.EnumMap;
import java.util.Map;
import llava4j.data.mixture.rule.Incident;

/// Counts what a reader met.
public final class ReadCounts {
  private final Map<Incident, Long> incidents = new EnumMap<>(Incident.class);
  private long rows;

  /// One row of the source's own, such as a question.
  void row() {
    rows++;
  }

  public void add(Incident incident) {
    add(incident, 1);
  }

  void add(Incident incident, long count) {
    if (count > 0) {
      incidents.merge(incident, count, Long::sum);
    }
  }

  public long rows() {
    return rows;
  }

  public Map<Incident, Long> incidents() {
    return Map.copyOf(incidents);
  }
}
