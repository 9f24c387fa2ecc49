package llava4j.constraint.regex;

import java.util.List;

/// A parsed regular expression.
sealed interface Ast {

  /// One character of a set.
  record One(CharSet set) implements Ast {}

  /// One after the other.
  record Sequence(List<Ast> parts) implements Ast {}

  /// One of them.
  record Choice(List<Ast> parts) implements Ast {}

  /// Several times.
  ///
  /// @param max -1: without an end
  record Repeat(Ast inner, int min, int max) implements Ast {}

  /// What follows must begin like this, or must not.
  record Ahead(Ast inner, boolean negative) implements Ast {}

  /// The beginning of the text.
  record Start() implements Ast {}

  /// The end of the text.
  record End() implements Ast {}

  /// Whether it only consumes characters.
  default boolean isPlain() {
    return switch (this) {
      case One one -> true;
      case Sequence sequence -> sequence.parts().stream().allMatch(Ast::isPlain);
      case Choice choice -> choice.parts().stream().allMatch(Ast::isPlain);
      case Repeat repeat -> repeat.inner().isPlain();
      case Ahead ahead -> false;
      case Start start -> false;
      case End end -> false;
    };
  }

  /// Whether the beginning of the text is asked for anywhere.
  default boolean hasStart() {
    return switch (this) {
      case One one -> false;
      case Sequence sequence -> sequence.parts().stream().anyMatch(Ast::hasStart);
      case Choice choice -> choice.parts().stream().anyMatch(Ast::hasStart);
      case Repeat repeat -> repeat.inner().hasStart();
      case Ahead ahead -> ahead.inner().hasStart();
      case Start start -> true;
      case End end -> false;
    };
  }

  /// Whether it can match without consuming a character.
  default boolean canBeEmpty() {
    return switch (this) {
      case One one -> false;
      case Sequence sequence -> sequence.parts().stream().allMatch(Ast::canBeEmpty);
      case Choice choice -> choice.parts().stream().anyMatch(Ast::canBeEmpty);
      case Repeat repeat -> repeat.min() == 0 || repeat.inner().canBeEmpty();
      case Ahead ahead -> true;
      case Start start -> true;
      case End end -> true;
    };
  }
}
