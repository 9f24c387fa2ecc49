package llava4j.text.jinja;

import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// The functions of every template: Jinja's own and those that transformers adds.
final class Functions {
  private static final int MAX_TIME_FORMAT = 1000;

  private Functions() {}

  /// @param now the local time, for `strftime_now`
  static Map<String, Object> all(Budget budget, Supplier<LocalDateTime> now) {
    Map<String, Object> functions = new LinkedHashMap<>();
    Operators operators = new Operators(budget);
    functions.put("range", (Callee) Functions::range);
    functions.put("dict", (Callee) arguments -> dict(arguments, operators, budget));
    functions.put(
        "namespace",
        (Callee) arguments -> new Namespace(textKeys(dict(arguments, operators, budget))));
    functions.put("cycler", (Callee) arguments -> new Cycler(arguments.positional()));
    functions.put("joiner", (Callee) Functions::joiner);
    functions.put(
        "raise_exception",
        (Callee)
            arguments -> {
              throw new JinjaException(
                  PythonText.of(arguments.bind("raise_exception", 1, "message").get(0)));
            });
    functions.put(
        "strftime_now",
        (Callee)
            arguments ->
                budget.made(
                    TimeFormat.format(
                        shortText(arguments.bind("strftime_now", 1, "format").text(0, "")),
                        now.get())));
    return functions;
  }

  private static String shortText(String format) {
    if (format.length() > MAX_TIME_FORMAT) {
      throw new JinjaException(
          "strftime_now: the format has more than " + MAX_TIME_FORMAT + " characters");
    }
    return format;
  }

  private static Object range(Arguments arguments) {
    List<Object> bounds = arguments.positional();
    for (Object bound : bounds) {
      if (!(bound instanceof Long)) {
        throw new JinjaException("range() needs whole numbers");
      }
    }
    return switch (bounds.size()) {
      case 1 -> new Range(0, (Long) bounds.get(0), 1);
      case 2 -> new Range((Long) bounds.get(0), (Long) bounds.get(1), 1);
      case 3 -> new Range((Long) bounds.get(0), (Long) bounds.get(1), (Long) bounds.get(2));
      default -> throw new JinjaException("range() takes one to three numbers");
    };
  }

  private static Map<Object, Object> dict(Arguments arguments, Operators operators, Budget budget) {
    Map<Object, Object> dict = new LinkedHashMap<>();
    if (arguments.positional().size() > 1) {
      throw new JinjaException("dict() takes one value and names");
    }
    for (Object given : arguments.positional()) {
      if (given instanceof Map<?, ?> map) {
        budget.makeItems(map.size());
        dict.putAll(map);
        continue;
      }
      for (Object pair : operators.list(given)) {
        List<Object> parts = operators.list(pair);
        if (parts.size() != 2) {
          throw new JinjaException("dict() needs pairs");
        }
        dict.put(Operators.key(parts.get(0)), parts.get(1));
      }
    }
    dict.putAll(arguments.keywords());
    return dict;
  }

  private static Map<String, Object> textKeys(Map<Object, Object> dict) {
    Map<String, Object> named = new LinkedHashMap<>();
    dict.forEach((key, value) -> named.put(PythonText.of(key), value));
    return named;
  }

  private static Object joiner(Arguments arguments) {
    String separator = arguments.bind("joiner", 0, "sep").text(0, ", ");
    boolean[] used = {false};
    return (Callee)
        _ -> {
          boolean first = !used[0];
          used[0] = true;
          return first ? "" : separator;
        };
  }

  /// Iterates over its items repeatedly.
  static final class Cycler {
    private final List<Object> items;
    private int at;

    Cycler(List<Object> items) {
      if (items.isEmpty()) {
        throw new JinjaException("cycler() needs items");
      }
      this.items = new ArrayList<>(items);
    }

    /// An attribute; null if there is none.
    Object attribute(String name) {
      return switch (name) {
        case "current" -> items.get(at);
        case "next" ->
            (Callee)
                _ -> {
                  Object item = items.get(at);
                  at = (at + 1) % items.size();
                  return item;
                };
        case "reset" ->
            (Callee)
                _ -> {
                  at = 0;
                  return null;
                };
        default -> null;
      };
    }
  }
}
