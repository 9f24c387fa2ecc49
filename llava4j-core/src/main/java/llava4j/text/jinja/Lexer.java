package llava4j.text.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.text.jinja.Token.Kind;

/// Splits a template into tokens (Jinja's `lexer.py` with `trim_blocks` and `lstrip_blocks`, as
/// transformers sets them).
final class Lexer {
  private static final int FLAGS = Pattern.DOTALL | Pattern.UNICODE_CHARACTER_CLASS;
  private static final Pattern OPENING = Pattern.compile("\\{[%{#]");
  private static final Pattern RAW_BEGIN =
      Pattern.compile("\\{%[-+]?\\s*raw\\s*(?:-%\\}\\s*|%\\})", FLAGS);
  private static final Pattern RAW_END =
      Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(?:\\+%\\}|-%\\}\\s*|%\\}\\n?)", FLAGS);
  private static final Pattern COMMENT_END = Pattern.compile("\\+#\\}|-#\\}\\s*|#\\}\\n?", FLAGS);
  private static final Pattern BLOCK_END = Pattern.compile("\\+%\\}|-%\\}\\s*|%\\}\\n?", FLAGS);
  private static final Pattern VARIABLE_END = Pattern.compile("-\\}\\}\\s*|\\}\\}", FLAGS);
  private static final Pattern SPACE = Pattern.compile("\\s+", FLAGS);
  private static final Pattern FLOAT =
      Pattern.compile(
          "(?<!\\.)(?:[0-9]+_)*[0-9]+(?:(?:\\.(?:[0-9]+_)*[0-9]+)?[eE][+-]?(?:[0-9]+_)*[0-9]+|\\.(?:[0-9]+_)*[0-9]+)");
  private static final Pattern INTEGER =
      Pattern.compile(
          "0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|[1-9](?:_?[0-9])*|0(?:_?0)*");
  private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{Nl}_][\\w]*", FLAGS);
  private static final Pattern STRING =
      Pattern.compile(
          "'[^'\\\\]*+(?:\\\\.[^'\\\\]*+)*+'|\"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\"", FLAGS);
  private static final Pattern OPERATOR =
      Pattern.compile("//|\\*\\*|==|!=|<=|>=|[-+/*%~\\[\\](){}<>=.:|,;]");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;
  private boolean lineStarts = true;

  Lexer(String template) {
    String text = template.replace("\r\n", "\n").replace('\r', '\n');
    this.source = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
  }

  List<Token> tokens() {
    while (at < source.length()) {
      Matcher opening = OPENING.matcher(source).region(at, source.length());
      if (!opening.find()) {
        data(source.substring(at));
        at = source.length();
        break;
      }
      open(opening.start());
    }
    tokens.add(new Token(Kind.END, "", line));
    return tokens;
  }

  private void open(int start) {
    char kind = source.charAt(start + 1);
    Matcher raw = RAW_BEGIN.matcher(source).region(start, source.length());
    boolean isRaw = kind == '%' && raw.lookingAt();
    String sign = signAt(start + 2);
    data(stripped(source.substring(at, start), sign, kind == '{'));
    move(start + 2 + sign.length());
    lineStarts = false;
    if (isRaw) {
      move(raw.end());
      raw();
    } else if (kind == '#') {
      Matcher end = COMMENT_END.matcher(source).region(at, source.length());
      if (!end.find()) {
        throw new JinjaException("line " + line + ": a comment does not end");
      }
      moveOver(end);
    } else if (kind == '%') {
      tokens.add(new Token(Kind.BLOCK_BEGIN, "{%", line));
      expression(BLOCK_END, Kind.BLOCK_END);
    } else {
      tokens.add(new Token(Kind.VARIABLE_BEGIN, "{{", line));
      expression(VARIABLE_END, Kind.VARIABLE_END);
    }
  }

  private void raw() {
    Matcher end = RAW_END.matcher(source).region(at, source.length());
    if (!end.find()) {
      throw new JinjaException("line " + line + ": a raw block does not end");
    }
    data(stripped(source.substring(at, end.start()), end.group(1), false));
    moveOver(end);
  }

  private String signAt(int place) {
    boolean signed = place < source.length() && "-+".indexOf(source.charAt(place)) >= 0;
    return signed ? source.substring(place, place + 1) : "";
  }

  /// The text before a tag: without trailing white space if the tag begins with a minus, and
  /// without the indentation of a block or a comment.
  private String stripped(String text, String sign, boolean isVariable) {
    if (sign.equals("-")) {
      return PythonText.stripRight(text, null);
    }
    if (sign.isEmpty() && !isVariable) {
      int lineBegin = text.lastIndexOf('\n') + 1;
      if ((lineBegin > 0 || lineStarts) && SPACE.matcher(text.substring(lineBegin)).matches()) {
        return text.substring(0, lineBegin);
      }
    }
    return text;
  }

  private void expression(Pattern endPattern, Kind endKind) {
    Deque<Character> open = new ArrayDeque<>();
    while (at < source.length()) {
      Matcher end = endPattern.matcher(source).region(at, source.length());
      if (open.isEmpty() && end.lookingAt()) {
        tokens.add(new Token(endKind, "", line));
        moveOver(end);
        return;
      }
      Token token = next();
      if (token != null) {
        tokens.add(token);
        balance(open, token);
      }
    }
    throw new JinjaException("line " + line + ": a tag does not end");
  }

  private Token next() {
    int begin = line;
    if (match(SPACE) != null) {
      return null;
    }
    String text = match(FLOAT);
    if (text != null) {
      return new Token(Kind.FLOAT, text.replace("_", ""), begin);
    }
    text = match(INTEGER);
    if (text != null) {
      return new Token(Kind.INTEGER, text.replace("_", ""), begin);
    }
    text = match(NAME);
    if (text != null) {
      return new Token(Kind.NAME, text, begin);
    }
    text = match(STRING);
    if (text != null) {
      return new Token(
          Kind.STRING, StringLiteral.value(text.substring(1, text.length() - 1), begin), begin);
    }
    text = match(OPERATOR);
    if (text != null) {
      return new Token(Kind.OPERATOR, text, begin);
    }
    throw new JinjaException(
        "line "
            + line
            + ": unexpected character '"
            + Character.toString(source.codePointAt(at))
            + "'");
  }

  private static void balance(Deque<Character> open, Token token) {
    if (token.kind() != Kind.OPERATOR || token.text().length() != 1) {
      return;
    }
    char sign = token.text().charAt(0);
    int opening = "([{".indexOf(sign);
    int closing = ")]}".indexOf(sign);
    if (opening >= 0) {
      open.push(")]}".charAt(opening));
    } else if (closing >= 0 && (open.isEmpty() || open.pop() != sign)) {
      throw new JinjaException("line " + token.line() + ": unexpected '" + sign + "'");
    }
  }

  private String match(Pattern pattern) {
    Matcher matcher =
        pattern.matcher(source).region(at, source.length()).useTransparentBounds(true);
    if (!matcher.lookingAt()) {
      return null;
    }
    move(matcher.end());
    return matcher.group();
  }

  private void moveOver(Matcher end) {
    move(end.end());
    lineStarts = end.group().endsWith("\n");
  }

  private void data(String text) {
    if (!text.isEmpty()) {
      tokens.add(new Token(Kind.DATA, text, line));
    }
  }

  private void move(int to) {
    for (; at < to; at++) {
      if (source.charAt(at) == '\n') {
        line++;
      }
    }
  }
}
