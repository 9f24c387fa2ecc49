package llava4j.text.jinja;

/// Parses a quoted string of a template (Python's escapes; unknown escapes are kept).
final class StringLiteral {
  private StringLiteral() {}

  static String value(String quoted, int line) {
    StringBuilder text = new StringBuilder(quoted.length());
    int at = 0;
    while (at < quoted.length()) {
      char sign = quoted.charAt(at++);
      if (sign != '\\' || at == quoted.length()) {
        text.append(sign);
        continue;
      }
      char escape = quoted.charAt(at++);
      switch (escape) {
        case '\n' -> {}
        case '\\', '\'', '"' -> text.append(escape);
        case 'a' -> text.append('\u0007');
        case 'b' -> text.append('\b');
        case 'f' -> text.append('\f');
        case 'n' -> text.append('\n');
        case 'r' -> text.append('\r');
        case 't' -> text.append('\t');
        case 'v' -> text.append('\u000b');
        case 'x' -> at = appendCode(text, quoted, at, 2, line);
        case 'u' -> at = appendCode(text, quoted, at, 4, line);
        case 'U' -> at = appendCode(text, quoted, at, 8, line);
        case '0', '1', '2', '3', '4', '5', '6', '7' -> {
          int end = at;
          while (end < quoted.length()
              && end < at + 2
              && "01234567".indexOf(quoted.charAt(end)) >= 0) {
            end++;
          }
          text.append((char) Integer.parseInt(quoted.substring(at - 1, end), 8));
          at = end;
        }
        default -> text.append('\\').append(escape);
      }
    }
    return text.toString();
  }

  private static int appendCode(StringBuilder text, String quoted, int at, int digits, int line) {
    int end = at + digits;
    if (end > quoted.length() || !quoted.substring(at, end).matches("[0-9a-fA-F]+")) {
      throw new JinjaException("line " + line + ": a string contains an invalid escape");
    }
    long code = Long.parseLong(quoted.substring(at, end), 16);
    if (code > Character.MAX_CODE_POINT) {
      throw new JinjaException("line " + line + ": a string contains an invalid character");
    }
    text.appendCodePoint((int) code);
    return end;
  }
}
