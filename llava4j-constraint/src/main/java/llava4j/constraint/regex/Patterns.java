package llava4j.constraint.regex;

import java.util.List;
import llava4j.constraint.limit.ConstraintException;

/// Turns regular expressions of ECMA-262 into languages.
///
/// Each part is turned together with what follows it, so that what looks ahead becomes an
/// intersection with that, and `$` an intersection with the empty text.
public final class Patterns {
  private final RegexPool pool;
  private final String source;

  private Patterns(RegexPool pool, String source) {
    this.pool = pool;
    this.source = source;
  }

  /// Texts in which the expression finds something, as JSON Schema's `pattern` means it.
  ///
  /// @throws ConstraintException if the expression uses what is not supported
  public static Regex search(RegexPool pool, String source) {
    Ast ast = RegexParser.parse(source);
    Patterns patterns = new Patterns(pool, source);
    Regex atStart = patterns.before(ast, pool.any(), true);
    Regex later = patterns.before(ast, pool.any(), false);
    return pool.or(atStart, pool.concat(pool.chars(CharSet.ALL), pool.concat(pool.any(), later)));
  }

  /// Texts that match the expression from beginning to end.
  ///
  /// @throws ConstraintException if the expression uses what is not supported
  public static Regex match(RegexPool pool, String source) {
    return new Patterns(pool, source).before(RegexParser.parse(source), pool.empty(), true);
  }

  /// The part, then what follows.
  ///
  /// @param start whether the part stands at the beginning of the text
  private Regex before(Ast ast, Regex rest, boolean start) {
    return switch (ast) {
      case Ast.One one -> pool.concat(pool.chars(one.set()), rest);
      case Ast.Choice choice ->
          pool.or(choice.parts().stream().map(part -> before(part, rest, start)).toList());
      case Ast.Sequence sequence -> sequence(sequence.parts(), rest, start);
      case Ast.Start anchor -> start ? rest : pool.never();
      case Ast.End anchor -> pool.and(pool.empty(), rest);
      case Ast.Ahead ahead -> {
        Regex seen = before(ahead.inner(), pool.any(), start);
        yield pool.and(ahead.negative() ? pool.not(seen) : seen, rest);
      }
      case Ast.Repeat repeat -> repeat(repeat, rest, start);
    };
  }

  private Regex sequence(List<Ast> parts, Regex rest, boolean start) {
    if (parts.isEmpty()) {
      return rest;
    }
    Ast first = parts.getFirst();
    List<Ast> others = parts.subList(1, parts.size());
    boolean consumed = !first.canBeEmpty();
    boolean mayConsume = !(first instanceof Ast.Start || first instanceof Ast.Ahead);
    boolean asks = start && others.stream().anyMatch(Ast::hasStart);
    if (asks && !consumed && mayConsume && !(first instanceof Ast.End)) {
      throw new ConstraintException(
          "the regular expression '"
              + source
              + "' has a '^' behind a part that may be empty, which cannot be used; write it without");
    }
    return before(first, sequence(others, rest, start && !consumed), start);
  }

  private Regex repeat(Ast.Repeat repeat, Regex rest, boolean start) {
    Ast inner = repeat.inner();
    if (inner.isPlain()) {
      Regex once = before(inner, pool.empty(), false);
      return pool.concat(pool.repeat(once, repeat.min(), repeat.max()), rest);
    }
    if (repeat.max() == 1) {
      Regex present = before(inner, rest, start);
      return repeat.min() == 1 ? present : pool.or(present, rest);
    }
    throw new ConstraintException(
        "the regular expression '"
            + source
            + "' repeats an anchor or a look-ahead, which cannot be used; write it without");
  }
}
