package llava4j.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/// Python's methods of texts.
final class StringMethods {
  private final String text;
  private final Budget budget;

  StringMethods(String text, Budget budget) {
    this.text = text;
    this.budget = budget;
  }

  /// The method of a name; null if there is none.
  Callee find(String name) {
    return switch (name) {
      case "upper" -> _ -> budget.made(text.toUpperCase(Locale.ROOT));
      case "lower" -> _ -> budget.made(text.toLowerCase(Locale.ROOT));
      case "casefold" -> _ -> budget.made(text.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT));
      case "title" -> _ -> title();
      case "capitalize" ->
          _ -> budget.made(PythonText.capitalized(text, rest -> rest.toLowerCase(Locale.ROOT)));
      case "swapcase" -> _ -> swapped();
      case "strip" -> arguments -> budget.made(PythonText.strip(text, characters(arguments)));
      case "lstrip" -> arguments -> budget.made(PythonText.stripLeft(text, characters(arguments)));
      case "rstrip" -> arguments -> budget.made(PythonText.stripRight(text, characters(arguments)));
      case "startswith" -> arguments -> matches(arguments, true);
      case "endswith" -> arguments -> matches(arguments, false);
      case "removeprefix" ->
          arguments -> {
            String prefix = part(arguments, "removeprefix");
            return budget.made(text.startsWith(prefix) ? text.substring(prefix.length()) : text);
          };
      case "removesuffix" ->
          arguments -> {
            String suffix = part(arguments, "removesuffix");
            return budget.made(
                text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text);
          };
      case "replace" ->
          arguments -> {
            Arguments.Bound bound = arguments.bind("replace", 2, "old", "new", "count");
            return replace(bound.text(0, ""), bound.text(1, ""), bound.integer(2, -1));
          };
      case "join" -> arguments -> join(arguments.bind("join", 1, "iterable").get(0));
      case "find" -> arguments -> position(arguments, "find", true, false);
      case "rfind" -> arguments -> position(arguments, "rfind", false, false);
      case "index" -> arguments -> position(arguments, "index", true, true);
      case "rindex" -> arguments -> position(arguments, "rindex", false, true);
      case "count" -> arguments -> count(part(arguments, "count"));
      case "isdigit", "isdecimal", "isnumeric" -> _ -> all(Character::isDigit);
      case "isalpha" -> _ -> all(Character::isLetter);
      case "isalnum" -> _ -> all(Character::isLetterOrDigit);
      case "isspace" -> _ -> all(PythonText::isSpace);
      case "isupper" -> _ -> cased(Character::isLowerCase, Character::isUpperCase);
      case "islower" -> _ -> cased(Character::isUpperCase, Character::isLowerCase);
      default -> splitting(name);
    };
  }

  private Callee splitting(String name) {
    return switch (name) {
      case "split", "rsplit" ->
          arguments -> {
            Arguments.Bound bound = arguments.bind(name, 0, "sep", "maxsplit");
            return split(bound.text(0, null), bound.integer(1, -1), name.equals("rsplit"));
          };
      case "splitlines" ->
          arguments -> lines(arguments.bind("splitlines", 0, "keepends").flag(0, false));
      case "partition" -> arguments -> partition(part(arguments, "partition"), true);
      case "rpartition" -> arguments -> partition(part(arguments, "rpartition"), false);
      case "center", "ljust", "rjust" ->
          arguments -> {
            Arguments.Bound bound = arguments.bind(name, 1, "width", "fillchar");
            return padded(name, bound.integer(0, 0), bound.text(1, " "));
          };
      case "zfill" ->
          arguments -> {
            int width = arguments.bind("zfill", 1, "width").integer(0, 0);
            int sign = !text.isEmpty() && "+-".indexOf(text.charAt(0)) >= 0 ? 1 : 0;
            return text.substring(0, sign) + fill(width, "0") + text.substring(sign);
          };
      case "format" -> arguments -> budget.made(new BraceFormat(text, budget).apply(arguments));
      default -> null;
    };
  }

  private String characters(Arguments arguments) {
    String characters = arguments.bind("strip", 0, "chars").text(0, null);
    budget.search(text, characters == null ? "" : characters);
    return characters;
  }

  private static String part(Arguments arguments, String method) {
    return arguments.bind(method, 1, "part").text(0, "");
  }

  String title() {
    StringBuilder title = new StringBuilder();
    boolean inWord = false;
    for (int code : text.codePoints().toArray()) {
      title.appendCodePoint(inWord ? Character.toLowerCase(code) : Character.toTitleCase(code));
      inWord = Character.isLetter(code);
    }
    return budget.made(title.toString());
  }

  private String swapped() {
    StringBuilder swapped = new StringBuilder();
    text.codePoints()
        .forEach(code ->
            swapped.append(
                Character.isUpperCase(code)
                    ? Character.toString(code).toLowerCase(Locale.ROOT)
                    : Character.toString(code).toUpperCase(Locale.ROOT)));
    return budget.made(swapped.toString());
  }

  private boolean matches(Arguments arguments, boolean atStart) {
    Arguments.Bound bound =
        arguments.bind(atStart ? "startswith" : "endswith", 1, "part", "start", "end");
    String searched = text;
    if (bound.has(1) || bound.has(2)) {
      searched = (String) new Attributes(budget).slice(text, bound.get(1), bound.get(2), null);
    }
    List<?> parts = bound.get(0) instanceof Tuple tuple ? tuple : List.of(bound.text(0, ""));
    for (Object part : parts) {
      if (part instanceof String wanted
          && (atStart ? searched.startsWith(wanted) : searched.endsWith(wanted))) {
        return true;
      }
    }
    return false;
  }

  String replace(String old, String with, int limit) {
    budget.search(text, old);
    if (limit < 0 && !old.isEmpty()) {
      long places = old.length() > text.length() ? 0 : count(old);
      budget.make(text.length() + places * (with.length() - old.length()));
      return text.replace(old, with);
    }
    StringBuilder replaced = new StringBuilder();
    int at = 0;
    int left = limit < 0 ? Integer.MAX_VALUE : limit;
    if (old.isEmpty()) {
      for (int code : text.codePoints().toArray()) {
        replaced.append(left-- > 0 ? with : "").appendCodePoint(code);
        budget.make(with.length());
      }
      return budget.made(replaced.append(left > 0 ? with : "").toString());
    }
    while (left-- > 0) {
      int place = text.indexOf(old, at);
      if (place < 0) {
        break;
      }
      replaced.append(text, at, place).append(with);
      budget.make(with.length());
      at = place + old.length();
    }
    return budget.made(replaced.append(text.substring(at)).toString());
  }

  String join(Object items) {
    StringBuilder joined = new StringBuilder();
    boolean first = true;
    for (Object item : new Operators(budget).list(items)) {
      if (!(item instanceof String part)) {
        throw new JinjaException("join() needs texts, not a " + Operators.typeName(item));
      }
      joined.append(first ? "" : text).append(part);
      first = false;
      budget.require(joined.length());
    }
    return budget.made(joined.toString());
  }

  private long position(Arguments arguments, String method, boolean first, boolean required) {
    String part = part(arguments, method);
    budget.search(text, part);
    int place = first ? text.indexOf(part) : text.lastIndexOf(part);
    if (place < 0 && required) {
      throw new JinjaException(method + "(): " + PythonText.repr(part) + " is not in the text");
    }
    return place < 0 ? -1 : text.codePointCount(0, place);
  }

  private long count(String part) {
    budget.search(text, part);
    if (part.isEmpty()) {
      return Operators.length(text) + 1;
    }
    long count = 0;
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
      count++;
    }
    return count;
  }

  private boolean all(IntPredicate property) {
    return !text.isEmpty() && text.codePoints().allMatch(property);
  }

  private boolean cased(IntPredicate wrong, IntPredicate right) {
    return text.codePoints().noneMatch(wrong) && text.codePoints().anyMatch(right);
  }

  private List<Object> split(String separator, int limit, boolean fromRight) {
    List<Object> parts = new ArrayList<>();
    if (separator != null && separator.isEmpty()) {
      throw new JinjaException("split() needs a separator that is not empty");
    }
    budget.search(text, separator == null ? "" : separator);
    String rest = text;
    if (separator == null) {
      rest = fromRight ? PythonText.stripRight(text, null) : PythonText.stripLeft(text, null);
    }
    int left = limit < 0 ? Integer.MAX_VALUE : limit;
    while (left-- > 0) {
      int[] gap = gap(rest, separator, fromRight);
      if (gap == null) {
        break;
      }
      budget.make(1);
      String before = rest.substring(0, gap[0]);
      String after = rest.substring(gap[1]);
      parts.add(fromRight ? after : before);
      rest = fromRight ? before : after;
    }
    if (separator != null || !rest.isEmpty()) {
      parts.add(rest);
    }
    if (fromRight) {
      Collections.reverse(parts);
    }
    return parts;
  }

  /// Start and end of the first or last separator; null if there is none.
  private static int[] gap(String rest, String separator, boolean last) {
    if (separator != null) {
      int at = last ? rest.lastIndexOf(separator) : rest.indexOf(separator);
      return at < 0 ? null : new int[] {at, at + separator.length()};
    }
    if (last) {
      for (int end = rest.length(); end > 0; end--) {
        if (PythonText.isSpace(rest.charAt(end - 1))) {
          return new int[] {PythonText.stripRight(rest.substring(0, end), null).length(), end};
        }
      }
      return null;
    }
    for (int start = 0; start < rest.length(); start++) {
      if (PythonText.isSpace(rest.charAt(start))) {
        int blanks =
            rest.length() - start - PythonText.stripLeft(rest.substring(start), null).length();
        return new int[] {start, start + blanks};
      }
    }
    return null;
  }

  List<Object> lines(boolean keepEnds) {
    budget.make(text.length());
    List<Object> lines = new ArrayList<>();
    int start = 0;
    for (int at = 0; at < text.length(); at++) {
      char sign = text.charAt(at);
      boolean ends =
          (sign >= 10 && sign <= 13)
              || (sign >= 28 && sign <= 30)
              || sign == 0x85
              || sign == 0x2028
              || sign == 0x2029;
      if (ends) {
        int end = sign == '\r' && text.startsWith("\n", at + 1) ? at + 2 : at + 1;
        lines.add(text.substring(start, keepEnds ? end : at));
        start = end;
        at = end - 1;
      }
    }
    if (start < text.length()) {
      lines.add(text.substring(start));
    }
    budget.makeItems(lines.size());
    return lines;
  }

  private Tuple partition(String separator, boolean first) {
    if (separator.isEmpty()) {
      throw new JinjaException("partition() needs a separator that is not empty");
    }
    budget.search(text, separator);
    budget.make(text.length());
    int at = first ? text.indexOf(separator) : text.lastIndexOf(separator);
    if (at < 0) {
      return first ? Tuple.of(text, "", "") : Tuple.of("", "", text);
    }
    return Tuple.of(text.substring(0, at), separator, text.substring(at + separator.length()));
  }

  String padded(String how, int width, String with) {
    String filling = fill(width, with);
    if (how.equals("center")) {
      int missing = filling.length() / Math.max(1, with.length());
      int left = missing / 2 + (missing & width & 1);
      return with.repeat(left) + text + with.repeat(missing - left);
    }
    return how.equals("ljust") ? text + filling : filling + text;
  }

  private String fill(int width, String with) {
    if (with.codePointCount(0, with.length()) != 1) {
      throw new JinjaException("the filling must be one character");
    }
    long missing = Math.max(0, width - Operators.length(text));
    budget.make(text.length() + missing);
    return with.repeat((int) missing);
  }
}
