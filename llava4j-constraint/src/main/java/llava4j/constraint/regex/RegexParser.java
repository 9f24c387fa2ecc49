package llava4j.constraint.regex;

import java.util.ArrayList;
import java.util.List;
import llava4j.constraint.limit.ConstraintException;

/// Reads regular expressions of ECMA-262. Back references, look-behind, word boundaries and flags
/// are no part of it.
final class RegexParser {
  private static final int MOST_REPEATS = 100_000;
  private static final int MOST_DEPTH = 200;

  private final int[] text;
  private final String source;
  private int at;
  private int depth;

  private RegexParser(String source) {
    this.source = source;
    this.text = source.codePoints().toArray();
  }

  static Ast parse(String source) {
    RegexParser parser = new RegexParser(source);
    Ast ast = parser.choice();
    if (parser.at < parser.text.length) {
      throw parser.wrong("an unmatched ')'");
    }
    return ast;
  }

  private Ast choice() {
    if (++depth > MOST_DEPTH) {
      throw wrong("more than " + MOST_DEPTH + " groups within each other");
    }
    List<Ast> parts = new ArrayList<>(List.of(sequence()));
    while (take('|')) {
      parts.add(sequence());
    }
    depth--;
    return parts.size() == 1 ? parts.getFirst() : new Ast.Choice(parts);
  }

  private Ast sequence() {
    List<Ast> parts = new ArrayList<>();
    while (at < text.length && text[at] != '|' && text[at] != ')') {
      parts.add(repeated(atom()));
    }
    return parts.size() == 1 ? parts.getFirst() : new Ast.Sequence(parts);
  }

  private Ast repeated(Ast atom) {
    Ast all = atom;
    if (at < text.length) {
      int start = at;
      int[] times = times();
      if (times != null) {
        if (!(atom instanceof Ast.Start || atom instanceof Ast.End)) {
          all = new Ast.Repeat(atom, times[0], times[1]);
        } else {
          throw wrong("a quantifier of an anchor at " + start);
        }
        take('?'); // lazy: the same language
        if (at < text.length && (text[at] == '*' || text[at] == '+' || text[at] == '?')) {
          throw wrong("a quantifier of a quantifier at " + at);
        }
      }
    }
    return all;
  }

  /// Reads a quantifier; null if there is none.
  private int[] times() {
    if (take('*')) {
      return new int[] {0, -1};
    }
    if (take('+')) {
      return new int[] {1, -1};
    }
    if (take('?')) {
      return new int[] {0, 1};
    }
    int start = at;
    if (take('{')) {
      int min = number();
      int max = min;
      boolean sound = min >= 0;
      if (sound && take(',')) {
        max = number();
      }
      if (sound && take('}')) {
        if (max >= 0 && max < min) {
          throw wrong("a quantifier whose end is below its start at " + start);
        }
        return new int[] {min, max};
      }
      at = start; // a brace that means itself
    }
    return null;
  }

  private int number() {
    int start = at;
    int value = 0;
    while (at < text.length && text[at] >= '0' && text[at] <= '9') {
      value = value * 10 + text[at++] - '0';
      if (value > MOST_REPEATS) {
        throw wrong("a quantifier above " + MOST_REPEATS + " at " + start);
      }
    }
    return at == start ? -1 : value;
  }

  private Ast atom() {
    int one = text[at++];
    return switch (one) {
      case '^' -> new Ast.Start();
      case '$' -> new Ast.End();
      case '.' -> new Ast.One(Classes.LINE_ENDS.complement());
      case '[' -> new Ast.One(set());
      case '(' -> group();
      case '\\' -> new Ast.One(escape(false));
      case '*', '+', '?' -> throw wrong("nothing to repeat at " + (at - 1));
      default -> new Ast.One(CharSet.of(one));
    };
  }

  private Ast group() {
    Ast inner;
    if (!take('?')) {
      inner = choice();
    } else if (take(':')) {
      inner = choice();
    } else if (take('=')) {
      inner = new Ast.Ahead(choice(), false);
    } else if (take('!')) {
      inner = new Ast.Ahead(choice(), true);
    } else {
      take('P'); // as Python writes names
      if (!take('<') || (at < text.length && (text[at] == '=' || text[at] == '!'))) {
        throw wrong("a look-behind or a flag at " + at);
      }
      while (at < text.length && text[at] != '>') {
        at++;
      }
      if (!take('>')) {
        throw wrong("a name of a group without its end");
      }
      inner = choice();
    }
    if (!take(')')) {
      throw wrong("an unmatched '('");
    }
    return inner;
  }

  private CharSet set() {
    boolean negative = take('^');
    List<CharSet> members = new ArrayList<>();
    while (true) {
      if (at >= text.length) {
        throw wrong("an unmatched '['");
      }
      if (take(']')) {
        CharSet all = CharSet.unionOf(members);
        return negative ? all.complement() : all;
      }
      CharSet low = member();
      boolean range = at + 1 < text.length && text[at] == '-' && text[at + 1] != ']';
      if (range && isSingle(low)) {
        int start = at++;
        CharSet high = member();
        if (!isSingle(high)) {
          members.addAll(List.of(low, CharSet.of('-'), high));
        } else if (high.ranges()[0] < low.ranges()[0]) {
          throw wrong("a range whose end is below its start at " + start);
        } else {
          members.add(CharSet.range(low.ranges()[0], high.ranges()[0]));
        }
      } else {
        members.add(low);
      }
    }
  }

  private CharSet member() {
    int one = text[at++];
    return one == '\\' ? escape(true) : CharSet.of(one);
  }

  private static boolean isSingle(CharSet set) {
    return set.ranges().length == 2 && set.ranges()[0] == set.ranges()[1];
  }

  private CharSet escape(boolean inSet) {
    if (at >= text.length) {
      throw wrong("a backslash at the end");
    }
    int one = text[at++];
    return switch (one) {
      case 'd' -> Classes.DIGIT;
      case 'D' -> Classes.DIGIT.complement();
      case 'w' -> Classes.WORD;
      case 'W' -> Classes.WORD.complement();
      case 's' -> Classes.SPACE;
      case 'S' -> Classes.SPACE.complement();
      case 't' -> CharSet.of('\t');
      case 'n' -> CharSet.of('\n');
      case 'v' -> CharSet.of(0x0B);
      case 'f' -> CharSet.of('\f');
      case 'r' -> CharSet.of('\r');
      case '0' -> CharSet.of(0);
      case 'x' -> CharSet.of(hex(2));
      case 'u' -> unicode();
      case 'c' -> CharSet.of(text[at++] & 0x1F);
      case 'p' -> property();
      case 'P' -> property().complement();
      case 'b' -> {
        if (inSet) {
          yield CharSet.of('\b');
        }
        throw wrong("a word boundary at " + (at - 2));
      }
      default -> {
        if (one < 0x80 && Character.isLetterOrDigit(one)) {
          throw wrong("the escape '\\" + Character.toString(one) + "' at " + (at - 2));
        }
        yield CharSet.of(one);
      }
    };
  }

  private CharSet unicode() {
    if (take('{')) {
      int start = at;
      while (at < text.length && text[at] != '}') {
        at++;
      }
      String digits = new String(text, start, at - start);
      if (!take('}') || !digits.matches("[0-9A-Fa-f]{1,6}")) {
        throw wrong("an unfinished escape at " + start);
      }
      return CharSet.of(Integer.parseInt(digits, 16));
    }
    int unit = hex(4);
    boolean pair =
        Character.isHighSurrogate((char) unit)
            && at + 1 < text.length
            && text[at] == '\\'
            && text[at + 1] == 'u';
    if (pair) {
      at += 2;
      return CharSet.of(Character.toCodePoint((char) unit, (char) hex(4)));
    }
    return CharSet.of(unit);
  }

  private int hex(int digits) {
    if (at + digits <= text.length) {
      String code = new String(text, at, digits);
      if (code.matches("[0-9A-Fa-f]+")) {
        at += digits;
        return Integer.parseInt(code, 16);
      }
    }
    throw wrong("an unfinished escape at " + at);
  }

  private CharSet property() {
    int start = at;
    String name;
    if (take('{')) {
      while (at < text.length && text[at] != '}') {
        at++;
      }
      name = new String(text, start + 1, at - start - 1);
      at++;
    } else {
      name = at < text.length ? Character.toString(text[at++]) : "";
    }
    CharSet set = Classes.property(name);
    if (set == null) {
      throw wrong("the Unicode property '" + name + "'");
    }
    return set;
  }

  private boolean take(int expected) {
    if (at < text.length && text[at] == expected) {
      at++;
      return true;
    }
    return false;
  }

  private ConstraintException wrong(String what) {
    return new ConstraintException(
        "the regular expression '"
            + source
            + "' has "
            + what
            + ", which cannot be used; write it without");
  }
}
