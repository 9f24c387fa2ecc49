package llava4j.text.jinja;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Python's `str.format` with plain places: `{}`, `{0}`, `{name}`, `{name.attribute}`,
/// `{name[key]}`.
final class BraceFormat {
  private static final Pattern PLACE =
      Pattern.compile("\\{\\{|\\}\\}|\\{(\\w*)((?:\\.\\w+|\\[[^\\]]+\\])*)\\}|[{}]");
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
        text.append(PythonText.of(value(arguments, name, place.group(2))));
        budget.make(text.length());
      }
    }
    return text.append(format, at, format.length()).toString();
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
