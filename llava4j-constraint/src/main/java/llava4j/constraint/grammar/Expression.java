package llava4j.constraint.grammar;

import java.util.List;
import llava4j.constraint.regex.CharSet;

/// The right side of a grammar's rule.
sealed interface Expression {

  /// A text.
  record Text(String text) implements Expression {}

  /// One character of a set.
  record One(CharSet set) implements Expression {}

  /// Another rule.
  record Reference(String name) implements Expression {}

  /// One after the other.
  record Sequence(List<Expression> parts) implements Expression {}

  /// One of them.
  record Choice(List<Expression> parts) implements Expression {}

  /// Several times.
  ///
  /// @param max -1: without an end
  record Repeat(Expression inner, int min, int max) implements Expression {}
}
