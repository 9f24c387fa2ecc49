package llava4j.constraint.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.regex.CharSet;

/// Reads GBNF. A rule goes on until the next name with `::=` behind it.
final class GrammarParser {
  private static final int MOST_REPEATS = 10_000;
  private static final int MOST_DEPTH = 200;

  private final String text;
  private int at;
  private int depth;

  private GrammarParser(String text) {
    this.text = text;
  }

  static Map<String, Expression> parse(String text) {
    GrammarParser parser = new GrammarParser(text);
    Map<String, Expression> rules = new LinkedHashMap<>();
    parser.skipBlanks();
    while (parser.at < text.length()) {
      int start = parser.at;
      String name = parser.name();
      parser.skipBlanks();
      if (name.isEmpty() || !text.startsWith("::=", parser.at)) {
        throw parser.wrong(start, "no rule; write name ::= and what it stands for");
      }
      parser.at += 3;
      if (rules.putIfAbsent(name, parser.choice()) != null) {
        throw parser.wrong(start, "the rule '" + name + "' a second time; keep one of them");
      }
      parser.skipBlanks();
    }
    return rules;
  }

  private Expression choice() {
    if (++depth > MOST_DEPTH) {
      throw wrong(at, "more than " + MOST_DEPTH + " groups within each other; use rules");
    }
    List<Expression> parts = new ArrayList<>(List.of(sequence()));
    while (take('|')) {
      parts.add(sequence());
    }
    depth--;
    return parts.size() == 1 ? parts.getFirst() : new Expression.Choice(parts);
  }

  private Expression sequence() {
    List<Expression> parts = new ArrayList<>();
    skipBlanks();
    while (at < text.length() && "|)".indexOf(text.charAt(at)) < 0 && !isRule()) {
      parts.add(repeated(atom()));
      skipBlanks();
    }
    return parts.size() == 1 ? parts.getFirst() : new Expression.Sequence(parts);
  }

  private boolean isRule() {
    int start = at;
    boolean rule = false;
    if (!name().isEmpty()) {
      skipBlanks();
      rule = text.startsWith("::=", at);
    }
    at = start;
    return rule;
  }

  private Expression atom() {
    int start = at;
    if (take('"')) {
      StringBuilder literal = new StringBuilder();
      while (!take('"')) {
        literal.appendCodePoint(character(start));
      }
      return new Expression.Text(literal.toString());
    }
    if (take('[')) {
      return new Expression.One(set(start));
    }
    if (take('.')) {
      return new Expression.One(CharSet.ALL);
    }
    if (take('(')) {
      Expression inner = choice();
      if (!take(')')) {
        throw wrong(start, "a '(' without its ')'; close it");
      }
      return inner;
    }
    String name = name();
    if (name.isEmpty()) {
      throw wrong(start, "'" + text.charAt(at) + "', which begins nothing; correct it");
    }
    return new Expression.Reference(name);
  }

  private Expression repeated(Expression atom) {
    Expression all = atom;
    while (true) {
      skipBlanksInLine();
      if (take('*')) {
        all = new Expression.Repeat(all, 0, -1);
      } else if (take('+')) {
        all = new Expression.Repeat(all, 1, -1);
      } else if (take('?')) {
        all = new Expression.Repeat(all, 0, 1);
      } else if (take('{')) {
        all = counted(all);
      } else {
        return all;
      }
    }
  }

  private Expression counted(Expression inner) {
    int start = at - 1;
    int min = number(start);
    int max = min;
    skipBlanks();
    if (take(',')) {
      skipBlanks();
      max = at < text.length() && text.charAt(at) == '}' ? -1 : number(start);
      skipBlanks();
    }
    if (!take('}') || (max >= 0 && max < min)) {
      throw wrong(start, "a repetition that is not like {2}, {2,} or {2,5}; correct it");
    }
    return new Expression.Repeat(inner, min, max);
  }

  private int number(int start) {
    skipBlanks();
    int value = 0;
    int first = at;
    while (at < text.length() && Character.isDigit(text.charAt(at))) {
      value = value * 10 + Character.digit(text.charAt(at++), 10);
      if (value > MOST_REPEATS) {
        throw wrong(start, "a repetition above " + MOST_REPEATS + "; use a smaller one");
      }
    }
    if (at == first) {
      throw wrong(start, "a repetition that is not like {2}, {2,} or {2,5}; correct it");
    }
    return value;
  }

  private CharSet set(int start) {
    boolean negative = take('^');
    CharSet all = CharSet.NONE;
    while (!take(']')) {
      int low = character(start);
      int high = low;
      if (at + 1 < text.length() && text.charAt(at) == '-' && text.charAt(at + 1) != ']') {
        at++;
        high = character(start);
      }
      if (high < low) {
        throw wrong(start, "a range whose end is below its start; correct it");
      }
      all = all.union(CharSet.range(low, high));
    }
    return negative ? all.complement() : all;
  }

  private int character(int start) {
    if (at >= text.length()) {
      throw wrong(start, "something without its end; close it");
    }
    int one = text.codePointAt(at);
    at += Character.charCount(one);
    if (one != '\\') {
      return one;
    }
    if (at >= text.length()) {
      throw wrong(start, "something without its end; close it");
    }
    char escape = text.charAt(at++);
    return switch (escape) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'x' -> hex(2);
      case 'u' -> hex(4);
      case 'U' -> hex(8);
      case '"', '\\', '[', ']', '-', '^' -> escape;
      default ->
          throw wrong(
              at - 2, "the escape '\\" + escape + "', which is unknown; write it otherwise");
    };
  }

  private int hex(int digits) {
    int end = at + digits;
    if (end <= text.length() && text.substring(at, end).matches("[0-9A-Fa-f]+")) {
      long value = Long.parseLong(text.substring(at, end), 16);
      if (value <= Character.MAX_CODE_POINT) {
        at = end;
        return (int) value;
      }
    }
    throw wrong(at - 2, "an unfinished escape; write " + digits + " hexadecimal digits");
  }

  private String name() {
    int start = at;
    while (at < text.length() && isOfName(text.charAt(at))) {
      at++;
    }
    return text.substring(start, at);
  }

  private static boolean isOfName(char one) {
    return (one < 0x80 && Character.isLetterOrDigit(one)) || one == '-' || one == '_';
  }

  private void skipBlanks() {
    while (at < text.length()) {
      if (text.charAt(at) == '#') {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else if (Character.isWhitespace(text.charAt(at))) {
        at++;
      } else {
        return;
      }
    }
  }

  private void skipBlanksInLine() {
    while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
      at++;
    }
  }

  private boolean take(char expected) {
    if (at < text.length() && text.charAt(at) == expected) {
      at++;
      return true;
    }
    return false;
  }

  private ConstraintException wrong(int where, String what) {
    long line =
        text.substring(0, Math.min(where, text.length())).chars().filter(c -> c == '\n').count()
            + 1;
    return new ConstraintException("line " + line + " of the grammar has " + what);
  }
}
