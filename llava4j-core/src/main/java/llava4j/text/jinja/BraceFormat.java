package llava4j.text.jinja;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Python's `str.format` with plain places: `{}`, `{0}`, `{name}`, `{name.attribute}`,
/// `{name[key]}`.
final class BraceFormat {
  private static final Pattern PLACE =
      Pattern.compile(
          "\\{\\{|\\}\\}|\\{(\\w*)((?:\\.\\w+|\\[[^\\]]+\\])*)(?::([^{}]?[<>^])?(\\d{1,4})?)?\\}|[{}]");
  private static final Pattern STEP = Pattern.compile("\\.(\\w+)|\\[([^\\]]+)\\]");

  private final String format;
  private final Budget budget;

  BraceFormat(String format, Budget budget) {
    this.format = format;
    this.budget = budget;
  }

  String apply(Arguments arguments) {
    Matcher place = PLACE.matcher(format);
    StringBuilder text = new StringBuilder();
    int at = 0;
    int next = 0;
    while (place.find()) {
      text.append(format, at, place.start());
      at = place.end();
      String found = place.group();
      if (found.equals("{{") || found.equals("}}")) {
        text.append(found.charAt(0));
      } else if (place.group(1) == null) {
        throw new JinjaException("format() with such a place is not supported: " + format);
      } else {
        String name = place.group(1).isEmpty() ? String.valueOf(next++) : place.group(1);
        Object value = value(arguments, name, place.group(2));
        text.append(aligned(value, place.group(3), place.group(4)));
        budget.require(text.length());
      }
    }
    return text.append(format, at, format.length()).toString();
  }

  /// Filled up to a width: texts to the right, numbers to the left, unless an arrow says otherwise.
  private static String aligned(Object value, String align, String width) {
    String text = PythonText.of(value);
    int missing = width == null ? 0 : Integer.parseInt(width) - (int) Operators.length(text);
    if (missing <= 0) {
      return text;
    }
    char arrow = Operators.isNumber(value) ? '>' : '<';
    String filling = " ";
    if (align != null) {
      arrow = align.charAt(align.length() - 1);
      filling = align.length() > 1 ? align.substring(0, 1) : " ";
    }
    int left = arrow == '<' ? 0 : arrow == '>' ? missing : missing / 2;
    return filling.repeat(left) + text + filling.repeat(missing - left);
  }

  private Object value(Arguments arguments, String name, String path) {
    Object value;
    if (name.matches("\\d{1,6}")) {
      int place = Integer.parseInt(name);
      if (place >= arguments.positional().size()) {
        throw new JinjaException("format() has no value for place " + place);
      }
      value = arguments.positional().get(place);
    } else if (arguments.keywords().containsKey(name)) {
      value = arguments.keywords().get(name);
    } else {
      throw new JinjaException("format() has no value for '" + name + "'");
    }
    Attributes attributes = new Attributes(budget);
    Matcher step = STEP.matcher(path);
    while (step.find()) {
      String key = step.group(2);
      value =
          key == null
              ? attributes.attribute(value, step.group(1))
              : attributes.item(value, key.matches("\\d{1,9}") ? Long.valueOf(key) : key);
    }
    return value;
  }
}
