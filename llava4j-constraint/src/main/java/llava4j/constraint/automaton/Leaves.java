package llava4j.constraint.automaton;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import llava4j.constraint.limit.Deadline;
import llava4j.constraint.regex.Regex;
import llava4j.constraint.regex.RegexPool;

/// Makes leaves; equal ones are one object. Not thread-safe.
public final class Leaves {

  private record TextKey(Regex state, Utf8 partial) {}

  private record StringKey(
      Regex state, StringLeaf.Phase phase, Utf8 partial, int unit, int digits) {}

  private final Map<String, LiteralLeaf> literals = new HashMap<>();
  private final Map<TextKey, TextLeaf> texts = new HashMap<>();
  private final Map<StringKey, StringLeaf> strings = new HashMap<>();
  private final Set<RegexPool> pools = new HashSet<>();
  private long made;

  /// A known text.
  public Leaf literal(String text) {
    return literals.computeIfAbsent(text, LiteralLeaf::of);
  }

  /// Plain text of a language, which must have a text.
  public Leaf text(Regex language) {
    pools.add(language.pool());
    return text(language, null);
  }

  /// A JSON string, quotes included, of a language, which must have a text.
  public Leaf string(Regex language) {
    pools.add(language.pool());
    return string(language, StringLeaf.Phase.BEFORE, null, 0, 0);
  }

  Leaf text(Regex state, Utf8 partial) {
    return texts.computeIfAbsent(
        new TextKey(state, partial),
        key -> {
          made++;
          return new TextLeaf(this, state, partial);
        });
  }

  Leaf string(Regex state, StringLeaf.Phase phase, Utf8 partial, int unit, int digits) {
    Regex kept = phase == StringLeaf.Phase.AFTER ? state.pool().empty() : state;
    return strings.computeIfAbsent(
        new StringKey(kept, phase, partial, unit, digits),
        key -> {
          made++;
          return new StringLeaf(this, kept, phase, partial, unit, digits);
        });
  }

  /// How many leaves were ever made: those that are forgotten live on in what leads to them.
  long made() {
    return made;
  }

  /// Expressions that are made from here on have to be done in time.
  void within(Deadline deadline) {
    pools.forEach(pool -> pool.within(deadline));
  }

  /// How many leaves there are.
  int size() {
    return texts.size() + strings.size();
  }

  /// Forgets all that can be made again.
  void clear() {
    texts.clear();
    strings.clear();
  }
}
