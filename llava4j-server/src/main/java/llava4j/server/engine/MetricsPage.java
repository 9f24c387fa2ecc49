package llava4j.server.engine;

import java.util.LinkedHashMap;
import java.util.Map;

/// Numbers in Prometheus' text format. The lines of one name stand together, whoever writes them.
public final class MetricsPage {
  private final Map<String, StringBuilder> families = new LinkedHashMap<>();

  /// Labels as they stand in a line, without the braces; empty for none.
  public record Labels(String text) {
    public static final Labels NONE = new Labels("");

    public static Labels of(String name, String value) {
      return NONE.and(name, value);
    }

    /// With one more; an empty value is none.
    public Labels and(String name, String value) {
      if (value.isEmpty()) {
        return this;
      }
      String escaped = value.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\R", "\\\\n");
      return new Labels((text.isEmpty() ? "" : text + ",") + name + "=\"" + escaped + "\"");
    }

    @Override
    public String toString() {
      return text.isEmpty() ? "" : "{" + text + "}";
    }
  }

  /// @param name without `_total`
  public void counter(String name, String help, Labels labels, long value) {
    line(name + "_total", help, "counter", name + "_total" + labels, String.valueOf(value));
  }

  public void gauge(String name, String help, Labels labels, long value) {
    line(name, help, "gauge", name + labels, String.valueOf(value));
  }

  void line(String family, String help, String type, String sample, String value) {
    families
        .computeIfAbsent(
            family,
            name ->
                new StringBuilder("# HELP " + name + " " + help + "\n")
                    .append("# TYPE " + name + " " + type + "\n"))
        .append(sample)
        .append(' ')
        .append(value)
        .append('\n');
  }

  public String text() {
    return String.join("", families.values());
  }
}
