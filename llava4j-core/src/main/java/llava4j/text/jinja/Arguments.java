package llava4j.text.jinja;

import java.util.List;
import java.util.Map;

/// The arguments of one call.
record Arguments(List<Object> positional, Map<String, Object> keywords) {
  private static final Object ABSENT = new Object();

  static Arguments of(Object... positional) {
    return new Arguments(java.util.Arrays.asList(positional), Map.of());
  }

  /// The arguments by a function's parameters, in their order.
  ///
  /// @throws JinjaException if one has no parameter, or a required one is missing
  Bound bind(String callee, int numRequired, String... parameters) {
    if (positional.size() > parameters.length) {
      throw new JinjaException(
          callee + "() takes " + parameters.length + " arguments, not " + positional.size());
    }
    Object[] values = new Object[parameters.length];
    java.util.Arrays.fill(values, ABSENT);
    for (int i = 0; i < positional.size(); i++) {
      values[i] = positional.get(i);
    }
    keywords.forEach((name, value) -> {
      int place = List.of(parameters).indexOf(name);
      if (place < 0 || values[place] != ABSENT) {
        throw new JinjaException(callee + "() takes no argument '" + name + "' here");
      }
      values[place] = value;
    });
    for (int i = 0; i < numRequired; i++) {
      if (values[i] == ABSENT) {
        throw new JinjaException(callee + "() lacks its argument '" + parameters[i] + "'");
      }
    }
    return new Bound(callee, values);
  }

  /// Arguments at their places.
  static final class Bound {
    private final String callee;
    private final Object[] values;

    private Bound(String callee, Object[] values) {
      this.callee = callee;
      this.values = values;
    }

    boolean has(int place) {
      return values[place] != ABSENT;
    }

    Object get(int place) {
      return get(place, null);
    }

    Object get(int place, Object otherwise) {
      return has(place) ? values[place] : otherwise;
    }

    String text(int place, String otherwise) {
      Object value = get(place);
      if (value == null) {
        return otherwise;
      }
      if (value instanceof String text) {
        return text;
      }
      throw new JinjaException(callee + "() needs a text, not a " + Operators.typeName(value));
    }

    int integer(int place, int otherwise) {
      Object value = get(place);
      if (value == null) {
        return otherwise;
      }
      if (value instanceof Boolean flag) {
        return flag ? 1 : 0;
      }
      if (value instanceof Long number) {
        return Math.clamp(number, Integer.MIN_VALUE + 1, Integer.MAX_VALUE);
      }
      throw new JinjaException(
          callee + "() needs a whole number, not a " + Operators.typeName(value));
    }

    boolean flag(int place, boolean otherwise) {
      return has(place) ? Operators.truth(get(place)) : otherwise;
    }
  }
}
