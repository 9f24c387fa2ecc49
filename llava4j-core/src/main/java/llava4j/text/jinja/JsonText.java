package llava4j.text.jinja;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Python's `json.dumps`.
final class JsonText {
  private static final int MAX_DEPTH = 100;

  private final StringBuilder json = new StringBuilder();
  private final boolean asciiOnly;
  private final String indent;
  private final String itemSeparator;
  private final String keySeparator;
  private final boolean sortKeys;
  private final Budget budget;

  /// @param indent of each level; null for one line
  JsonText(
      boolean asciiOnly,
      String indent,
      String itemSeparator,
      String keySeparator,
      boolean sortKeys,
      Budget budget) {
    this.asciiOnly = asciiOnly;
    this.indent = indent;
    this.itemSeparator = itemSeparator;
    this.keySeparator = keySeparator;
    this.sortKeys = sortKeys;
    this.budget = budget;
  }

  String of(Object value) {
    append(value, 0);
    return json.toString();
  }

  private void append(Object value, int depth) {
    budget.require(json.length());
    if (depth > MAX_DEPTH) {
      throw new JinjaException("tojson: the value is nested too deeply");
    }
    switch (value) {
      case null -> json.append("null");
      case String text -> quote(text);
      case Boolean flag -> json.append(flag);
      case Long number -> json.append(number.longValue());
      case Double number -> json.append(real(number));
      case Map<?, ?> map -> appendMap(map, depth);
      case List<?> list when !(list instanceof Range) ->
          appendAll(list.iterator(), "[", "]", depth, item -> append(item, depth + 1));
      default ->
          throw new JinjaException("tojson: a " + Operators.typeName(value) + " has no JSON");
    }
  }

  private void appendMap(Map<?, ?> map, int depth) {
    Map<?, ?> ordered = map;
    if (sortKeys) {
      Map<Object, Object> sorted = new TreeMap<>((a, b) -> Operators.order(a, b, "<"));
      sorted.putAll(map);
      ordered = sorted;
    }
    appendAll(
        ordered.entrySet().iterator(),
        "{",
        "}",
        depth,
        entry -> {
          quote(key(entry.getKey()));
          json.append(keySeparator);
          append(entry.getValue(), depth + 1);
        });
  }

  private static String key(Object key) {
    return switch (key) {
      case String text -> text;
      case null -> "null";
      case Boolean flag -> flag.toString();
      case Long number -> number.toString();
      case Double number -> real(number);
      default -> throw new JinjaException("tojson: a key must not be a " + Operators.typeName(key));
    };
  }

  private static String real(double number) {
    if (Double.isNaN(number)) {
      return "NaN";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "Infinity" : "-Infinity";
    }
    return PythonText.of(number);
  }

  private interface Appender<T> {
    void append(T item);
  }

  private <T> void appendAll(
      Iterator<? extends T> items, String open, String close, int depth, Appender<T> appender) {
    json.append(open);
    boolean first = true;
    while (items.hasNext()) {
      json.append(first ? "" : itemSeparator);
      breakLine(depth + 1);
      appender.append(items.next());
      first = false;
    }
    if (!first) {
      breakLine(depth);
    }
    json.append(close);
  }

  private void breakLine(int depth) {
    if (indent != null) {
      json.append('\n').append(indent.repeat(depth));
    }
  }

  private void quote(String text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char sign = text.charAt(i);
      switch (sign) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        case '\n' -> json.append("\\n");
        case '\r' -> json.append("\\r");
        case '\t' -> json.append("\\t");
        case '\b' -> json.append("\\b");
        case '\f' -> json.append("\\f");
        default -> {
          if (sign < 0x20 || (asciiOnly && sign > 0x7e)) {
            json.append(String.format("\\u%04x", (int) sign));
          } else {
            json.append(sign);
          }
        }
      }
    }
    json.append('"');
  }
}
