package llava4j.text.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Python's `format % values`.
final class PercentFormat {
  private static final Pattern PLACE =
      Pattern.compile("%(?:\\(([^)]*)\\))?([-+ 0#]*)(\\d*)(?:\\.(\\d+))?(.)", Pattern.DOTALL);
  private static final int MAX_WIDTH = 10_000;

  private final Budget budget;

  PercentFormat(Budget budget) {
    this.budget = budget;
  }

  String apply(String format, Object values) {
    List<?> list = values instanceof Tuple tuple ? tuple : List.of();
    boolean single = !(values instanceof Tuple);
    int used = 0;
    Matcher place = PLACE.matcher(format);
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (place.find()) {
      text.append(format, at, place.start());
      at = place.end();
      char kind = place.group(5).charAt(0);
      if (kind == '%') {
        text.append('%');
        continue;
      }
      Object value;
      if (place.group(1) != null) {
        if (!(values instanceof Map<?, ?> map) || !map.containsKey(place.group(1))) {
          throw new JinjaException("a format names '" + place.group(1) + "', which is not given");
        }
        value = map.get(place.group(1));
        used = -1;
      } else if (single ? used == 0 : used < list.size()) {
        value = single ? values : list.get(used);
        used++;
      } else {
        throw new JinjaException("there are not enough values for a format");
      }
      text.append(one(value, kind, place));
      budget.require(text.length());
    }
    boolean allUsed =
        used == -1 || (single ? used == 1 || values instanceof Map : used == list.size());
    if (!allUsed) {
      throw new JinjaException("there are more values than a format takes");
    }
    return text.append(format, at, format.length()).toString();
  }

  private String one(Object value, char kind, Matcher place) {
    String flags = place.group(2);
    int precision = place.group(4) == null ? -1 : bounded(place.group(4));
    String body =
        switch (kind) {
          case 's' -> cut(PythonText.of(value), precision);
          case 'r', 'a' -> cut(PythonText.repr(value), precision);
          case 'd', 'i', 'u' -> Long.toString(whole(value));
          case 'x' -> Long.toHexString(whole(value));
          case 'X' -> Long.toHexString(whole(value)).toUpperCase(Locale.ROOT);
          case 'o' -> Long.toOctalString(whole(value));
          case 'c' -> value instanceof String text ? text : Character.toString((int) whole(value));
          case 'f', 'F' ->
              new BigDecimal(number(value))
                  .setScale(precision < 0 ? 6 : precision, RoundingMode.HALF_EVEN)
                  .toPlainString();
          default -> throw new JinjaException("the format %" + kind + " is not supported");
        };
    boolean numeric = "sracR".indexOf(kind) < 0;
    if (numeric && !body.startsWith("-") && flags.contains("+")) {
      body = "+" + body;
    } else if (numeric && !body.startsWith("-") && flags.contains(" ")) {
      body = " " + body;
    }
    int width = place.group(3).isEmpty() ? 0 : bounded(place.group(3));
    int missing = Math.max(0, width - body.codePointCount(0, body.length()));
    if (flags.contains("-")) {
      return body + " ".repeat(missing);
    }
    if (flags.contains("0") && numeric) {
      int sign = !body.isEmpty() && "+- ".indexOf(body.charAt(0)) >= 0 ? 1 : 0;
      return body.substring(0, sign) + "0".repeat(missing) + body.substring(sign);
    }
    return " ".repeat(missing) + body;
  }

  private static int bounded(String digits) {
    if (digits.length() > 5 || Integer.parseInt(digits) > MAX_WIDTH) {
      throw new JinjaException("a format asks for " + digits + " characters");
    }
    return Integer.parseInt(digits);
  }

  private static String cut(String text, int precision) {
    return precision < 0 || precision >= text.codePointCount(0, text.length())
        ? text
        : text.substring(0, text.offsetByCodePoints(0, precision));
  }

  private static double number(Object value) {
    if (!Operators.isNumber(value) || !Double.isFinite(Operators.real(value))) {
      throw new JinjaException("a format needs a number, not a " + Operators.typeName(value));
    }
    return Operators.real(value);
  }

  private static long whole(Object value) {
    return (long) number(value);
  }
}
