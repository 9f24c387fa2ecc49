package llava4j.text.jinja;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// Formats values like Python.
final class PythonText {
  private static final int MAX_LENGTH = 8 << 20;

  private PythonText() {}

  /// `str(value)`
  static String of(Object value) {
    return switch (value) {
      case String text -> text;
      case Undefined _ -> "";
      case null, default -> repr(value);
    };
  }

  /// `repr(value)`
  static String repr(Object value) {
    StringBuilder text = new StringBuilder();
    print(value, text);
    return text.toString();
  }

  private static void print(Object value, StringBuilder text) {
    if (text.length() > MAX_LENGTH) {
      throw new JinjaException("a value is too large to be printed");
    }
    switch (value) {
      case null -> text.append("None");
      case String string -> quote(string, text);
      case Boolean flag -> text.append(flag ? "True" : "False");
      case Double number -> text.append(of(number.doubleValue()));
      case Undefined _ -> text.append("Undefined");
      case Range range -> text.append(range);
      case Tuple tuple -> printAll(tuple, "(", tuple.size() == 1 ? ",)" : ")", text);
      case List<?> list -> printAll(list, "[", "]", text);
      case Map<?, ?> map -> printMap(map, text);
      case DictView view -> printAll(view.items(), view.kind() + "([", "])", text);
      case Namespace namespace -> {
        text.append("<Namespace ");
        printMap(namespace.values(), text);
        text.append('>');
      }
      case Generator _ -> text.append("<generator object>");
      case Callee _ -> text.append("<function>");
      default -> text.append(value);
    }
  }

  private static void printAll(List<?> items, String open, String close, StringBuilder text) {
    text.append(open);
    for (int i = 0; i < items.size(); i++) {
      text.append(i == 0 ? "" : ", ");
      print(items.get(i), text);
    }
    text.append(close);
  }

  private static void printMap(Map<?, ?> map, StringBuilder text) {
    text.append('{');
    boolean first = true;
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      text.append(first ? "" : ", ");
      print(entry.getKey(), text);
      text.append(": ");
      print(entry.getValue(), text);
      first = false;
    }
    text.append('}');
  }

  private static void quote(String text, StringBuilder quoted) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    quoted.append(quote);
    text.codePoints()
        .forEach(code -> {
          switch (code) {
            case '\\' -> quoted.append("\\\\");
            case '\n' -> quoted.append("\\n");
            case '\r' -> quoted.append("\\r");
            case '\t' -> quoted.append("\\t");
            default -> {
              if (code == quote) {
                quoted.append('\\').append(quote);
              } else if (isPrintable(code)) {
                quoted.appendCodePoint(code);
              } else {
                quoted.append(
                    code < 0x100
                        ? String.format("\\x%02x", code)
                        : code < 0x10000
                            ? String.format("\\u%04x", code)
                            : String.format("\\U%08x", code));
              }
            }
          }
        });
    quoted.append(quote);
  }

  private static boolean isPrintable(int code) {
    return code == ' '
        || switch (Character.getType(code)) {
          case Character.CONTROL,
              Character.FORMAT,
              Character.SURROGATE,
              Character.PRIVATE_USE,
              Character.UNASSIGNED,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR,
              Character.SPACE_SEPARATOR ->
              false;
          default -> true;
        };
  }

  /// The shortest text that is parsed as the same float.
  static String of(double number) {
    if (Double.isNaN(number)) {
      return "nan";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "inf" : "-inf";
    }
    if (number == 0) {
      return 1 / number < 0 ? "-0.0" : "0.0";
    }
    BigDecimal shortest = new BigDecimal(Double.toString(number)).stripTrailingZeros();
    String digits = shortest.unscaledValue().abs().toString();
    int exponent = digits.length() - 1 - shortest.scale();
    String sign = number < 0 ? "-" : "";
    if (exponent >= -4 && exponent < 16) {
      String plain = shortest.abs().toPlainString();
      return sign + (plain.contains(".") ? plain : plain + ".0");
    }
    String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
    return sign
        + digits.charAt(0)
        + fraction
        + String.format("e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
  }

  static boolean isSpace(int code) {
    return (code >= 9 && code <= 13)
        || (code >= 28 && code <= 32)
        || code == 0x85
        || code == 0xA0
        || code == 0x1680
        || (code >= 0x2000 && code <= 0x200A)
        || code == 0x2028
        || code == 0x2029
        || code == 0x202F
        || code == 0x205F
        || code == 0x3000;
  }

  /// Removes these characters at the start; white space if `characters` is null.
  static String stripLeft(String text, String characters) {
    int start = 0;
    while (start < text.length() && isStripped(text.codePointAt(start), characters)) {
      start += Character.charCount(text.codePointAt(start));
    }
    return text.substring(start);
  }

  /// Removes these characters at the end; white space if `characters` is null.
  static String stripRight(String text, String characters) {
    int end = text.length();
    while (end > 0 && isStripped(text.codePointBefore(end), characters)) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(0, end);
  }

  static String strip(String text, String characters) {
    return stripRight(stripLeft(text, characters), characters);
  }

  private static boolean isStripped(int code, String characters) {
    return characters == null ? isSpace(code) : characters.indexOf(code) >= 0;
  }

  /// The text with a function applied to its first character, and the rest in lower case.
  static String capitalized(String text, Function<String, String> rest) {
    if (text.isEmpty()) {
      return text;
    }
    int first = Character.charCount(text.codePointAt(0));
    return new StringBuilder()
        .appendCodePoint(Character.toTitleCase(text.codePointAt(0)))
        .append(rest.apply(text.substring(first)))
        .toString();
  }
}
