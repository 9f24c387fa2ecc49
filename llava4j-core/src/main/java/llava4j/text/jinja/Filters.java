package llava4j.text.jinja;

import java.util.Set;

/// The filters after `|`: Jinja's own, with transformers' `tojson`. Filters that create HTML
/// (except escapes) are not useful in a chat and are not supported.
final class Filters {
  private static final Set<String> ON_TEXT =
      Set.of(
          "capitalize",
          "center",
          "e",
          "escape",
          "forceescape",
          "format",
          "indent",
          "lower",
          "replace",
          "safe",
          "string",
          "title",
          "trim",
          "truncate",
          "upper",
          "urlencode",
          "tojson",
          "pprint");
  private static final Set<String> ON_ITEMS =
      Set.of(
          "batch",
          "count",
          "dictsort",
          "first",
          "groupby",
          "items",
          "join",
          "last",
          "length",
          "list",
          "map",
          "max",
          "min",
          "reject",
          "rejectattr",
          "reverse",
          "select",
          "selectattr",
          "slice",
          "sort",
          "sum",
          "unique");
  private static final Set<String> ON_VALUES =
      Set.of("abs", "attr", "d", "default", "float", "int", "round", "wordcount");

  private static final int MAX_DIGITS = 1000;

  private final Attributes attributes;
  private final TextFilters texts;
  private final ItemFilters items;

  Filters(Budget budget, Operators operators, Attributes attributes, Tests tests) {
    this.attributes = attributes;
    this.texts = new TextFilters(budget, operators);
    this.items = new ItemFilters(budget, operators, attributes, tests, this);
  }

  static boolean isFilter(String name) {
    return ON_TEXT.contains(name) || ON_ITEMS.contains(name) || ON_VALUES.contains(name);
  }

  /// The value of a filter.
  Object apply(String name, Object value, Arguments arguments, int line) {
    if (ON_TEXT.contains(name)) {
      return texts.apply(name, value, arguments);
    }
    if (ON_ITEMS.contains(name)) {
      return items.apply(name, value, arguments);
    }
    return switch (name) {
      case "d", "default" -> {
        Arguments.Bound bound = arguments.bind("default", 0, "default_value", "boolean");
        boolean replaced =
            value instanceof Undefined || (bound.flag(1, false) && !Operators.truth(value));
        yield replaced ? bound.get(0, "") : value;
      }
      case "attr" -> attr(value, arguments.bind("attr", 1, "name").text(0, ""));
      case "abs" -> abs(value);
      case "wordcount" -> TextFilters.words(value);
      case "int" -> {
        Arguments.Bound bound = arguments.bind("int", 0, "default", "base");
        yield whole(value, bound.get(0, 0L), bound.integer(1, 10));
      }
      case "float" -> real(value, arguments.bind("float", 0, "default").get(0, 0.0));
      case "round" -> {
        Arguments.Bound bound = arguments.bind("round", 0, "precision", "method");
        yield round(value, bound.integer(0, 0), bound.text(1, "common"));
      }
      default -> throw new JinjaException("line " + line + ": there is no filter '" + name + "'");
    };
  }

  private Object attr(Object value, String name) {
    Object found = value instanceof java.util.Map ? Undefined.attribute(value, name) : null;
    return found != null ? found : attributes.attribute(value, name);
  }

  private static Object abs(Object value) {
    requireNumber("abs", value);
    return value instanceof Double number
        ? (Object) Math.abs(number)
        : (Object) Math.absExact(Operators.whole(value));
  }

  private static Object whole(Object value, Object otherwise, int base) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (value instanceof Long || value instanceof Boolean) {
      return Operators.whole(value);
    }
    if (value instanceof Double number) {
      return Double.isFinite(number) ? (Object) (long) number.doubleValue() : otherwise;
    }
    if (value instanceof String text) {
      if (isTooLong(text)) {
        return otherwise;
      }
      String digits = PythonText.strip(text, null).replaceAll("(?<=\\w)_(?=\\w)", "");
      String prefix = base == 16 ? "0x" : base == 8 ? "0o" : base == 2 ? "0b" : "";
      if (!prefix.isEmpty() && digits.toLowerCase(java.util.Locale.ROOT).startsWith(prefix)) {
        digits = digits.substring(2);
      }
      try {
        return Long.valueOf(digits, base);
      } catch (NumberFormatException _) {
        Object real = real(value, null);
        return real instanceof Double number && Double.isFinite(number)
            ? (Object) (long) number.doubleValue()
            : otherwise;
      }
    }
    return otherwise;
  }

  private static Object real(Object value, Object otherwise) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (Operators.isNumber(value)) {
      return Operators.real(value);
    }
    String text = value instanceof String given ? PythonText.strip(given, null) : "";
    if (isTooLong(text)) {
      return otherwise;
    }
    if (text.matches("[+-]?(\\d[\\d_]*\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?")) {
      return Double.valueOf(text.replace("_", ""));
    }
    return switch (text.toLowerCase(java.util.Locale.ROOT).replace("+", "")) {
      case "inf", "infinity" -> Double.POSITIVE_INFINITY;
      case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
      case "nan" -> Double.NaN;
      default -> otherwise;
    };
  }

  /// Whether a text is too long to be a number.
  ///
  /// @throws JinjaException if it consists of a number's characters
  private static boolean isTooLong(String text) {
    if (text.length() <= MAX_DIGITS) {
      return false;
    }
    if (text.chars().allMatch(sign -> "0123456789_+-.eE".indexOf(sign) >= 0)) {
      throw new JinjaException("a number has more than " + MAX_DIGITS + " characters");
    }
    return true;
  }

  private static Object round(Object value, int precision, String method) {
    requireNumber("round", value);
    double number = Operators.real(value);
    if (!Double.isFinite(number) || Math.abs(precision) > 300) {
      throw new JinjaException("round: the number cannot be rounded");
    }
    if (method.equals("common")) {
      java.math.BigDecimal rounded =
          new java.math.BigDecimal(number).setScale(precision, java.math.RoundingMode.HALF_EVEN);
      return value instanceof Double
          ? (Object) rounded.doubleValue()
          : (Object) rounded.longValue();
    }
    double scale = Math.pow(10, precision);
    return switch (method) {
      case "ceil" -> Math.ceil(number * scale) / scale;
      case "floor" -> Math.floor(number * scale) / scale;
      default -> throw new JinjaException("round: the method must be common, ceil or floor");
    };
  }

  private static void requireNumber(String filter, Object value) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (!Operators.isNumber(value)) {
      throw new JinjaException(filter + " needs a number, not a " + Operators.typeName(value));
    }
  }
}
