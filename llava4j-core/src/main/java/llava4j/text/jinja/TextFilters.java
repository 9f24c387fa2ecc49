package llava4j.text.jinja;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Filters that return texts.
final class TextFilters {
  private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern WORD_BEGIN =
      Pattern.compile("[^-\\s({\\[<]+", Pattern.UNICODE_CHARACTER_CLASS);

  private static final int MAX_INDENT = 1000;

  private final Budget budget;
  private final Operators operators;

  TextFilters(Budget budget, Operators operators) {
    this.budget = budget;
    this.operators = operators;
  }

  Object apply(String name, Object value, Arguments arguments) {
    String text = name.equals("tojson") ? "" : PythonText.of(value);
    return budget.made(
        switch (name) {
          case "string", "safe" -> text;
          case "upper" -> text.toUpperCase(Locale.ROOT);
          case "lower" -> text.toLowerCase(Locale.ROOT);
          case "capitalize" -> PythonText.capitalized(text, rest -> rest.toLowerCase(Locale.ROOT));
          case "title" ->
              WORD_BEGIN
                  .matcher(text)
                  .replaceAll(word ->
                      Matcher.quoteReplacement(
                          PythonText.capitalized(
                              word.group(), rest -> rest.toLowerCase(Locale.ROOT))));
          case "trim" -> {
            String characters = arguments.bind(name, 0, "chars").text(0, null);
            budget.search(text, characters == null ? "" : characters);
            yield PythonText.strip(text, characters);
          }
          case "replace" -> replace(text, arguments);
          case "center" -> {
            int width = arguments.bind(name, 0, "width").integer(0, 80);
            yield new StringMethods(text, budget).padded(name, width, " ");
          }
          case "e", "escape", "forceescape" -> escaped(text);
          case "format" ->
              new PercentFormat(budget)
                  .apply(
                      text,
                      arguments.keywords().isEmpty()
                          ? new Tuple(arguments.positional())
                          : arguments.keywords());
          case "indent" -> indent(text, arguments);
          case "truncate" -> truncate(text, arguments);
          case "urlencode" -> urlEncoded(text);
          case "pprint" -> PythonText.repr(value);
          case "tojson" -> json(value, arguments);
          default -> throw new IllegalStateException(name + " is no filter of texts");
        });
  }

  /// Number of words.
  static long words(Object value) {
    return WORD.matcher(PythonText.of(value)).results().count();
  }

  private String replace(String text, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("replace", 2, "old", "new", "count");
    return new StringMethods(text, budget)
        .replace(PythonText.of(bound.get(0)), PythonText.of(bound.get(1)), bound.integer(2, -1));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace(">", "&gt;")
        .replace("<", "&lt;")
        .replace("'", "&#39;")
        .replace("\"", "&#34;");
  }

  private String indent(String text, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("indent", 0, "width", "first", "blank");
    String indent =
        bound.get(0) instanceof String given
            ? given
            : " ".repeat(Math.clamp(bound.integer(0, 4), 0, MAX_INDENT));
    boolean blank = bound.flag(2, false);
    List<Object> lines = new StringMethods(text + "\n", budget).lines(false);
    budget.make(text.length() + (long) lines.size() * indent.length());
    String indented =
        lines.getFirst()
            + lines.stream()
                .skip(1)
                .map(line -> "\n" + (blank || !line.equals("") ? indent : "") + line)
                .collect(Collectors.joining());
    return bound.flag(1, false) ? indent + indented : indented;
  }

  private static String truncate(String text, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("truncate", 0, "length", "killwords", "end", "leeway");
    int length = bound.integer(0, 255);
    String end = bound.text(2, "...");
    int size = (int) Operators.length(text);
    if (length < end.length() || bound.integer(3, 5) < 0) {
      throw new JinjaException("truncate needs a length of at least " + end.length());
    }
    if (size <= (long) length + bound.integer(3, 5)) {
      return text;
    }
    String cut =
        text.substring(0, text.offsetByCodePoints(0, length - (int) Operators.length(end)));
    int blank = bound.flag(1, false) ? -1 : cut.lastIndexOf(' ');
    return (blank < 0 ? cut : cut.substring(0, blank)) + end;
  }

  private static String urlEncoded(String text) {
    StringBuilder encoded = new StringBuilder();
    for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
      boolean plain =
          (value >= '0' && value <= '9')
              || (value >= 'A' && value <= 'Z')
              || (value >= 'a' && value <= 'z')
              || "_.-~/".indexOf(value) >= 0;
      encoded.append(plain ? String.valueOf((char) value) : String.format("%%%02X", value & 0xFF));
    }
    return encoded.toString();
  }

  private String json(Object value, Arguments arguments) {
    Arguments.Bound bound =
        arguments.bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
    Object indent = bound.get(1);
    String step =
        indent == null
            ? null
            : indent instanceof String given
                ? given
                : " ".repeat(Math.clamp(bound.integer(1, 0), 0, MAX_INDENT));
    if (step != null && step.length() > MAX_INDENT) {
      throw new JinjaException("tojson: the indent has more than " + MAX_INDENT + " characters");
    }
    String itemSeparator = step == null ? ", " : ",";
    String keySeparator = ": ";
    if (bound.get(2) != null) {
      List<Object> separators = operators.list(bound.get(2));
      if (separators.size() != 2) {
        throw new JinjaException("tojson: separators are two texts");
      }
      itemSeparator = PythonText.of(separators.get(0));
      keySeparator = PythonText.of(separators.get(1));
    }
    return new JsonText(
            bound.flag(0, false), step, itemSeparator, keySeparator, bound.flag(3, false), budget)
        .of(value);
  }
}
