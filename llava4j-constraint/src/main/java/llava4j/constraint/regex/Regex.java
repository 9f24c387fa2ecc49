package llava4j.constraint.regex;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// A regular language of code points, which is also a state of its own automaton: what may follow.
/// Equal expressions of one [RegexPool] are one object. Not thread-safe.
public final class Regex {

  /// How the language is made of others.
  enum Kind {
    NEVER,
    EMPTY,
    CHARS,
    CONCAT,
    OR,
    AND,
    NOT,
    REPEAT,
    MULTIPLE
  }

  /// Whether a text of the language is known to exist.
  enum Life {
    UNKNOWN,
    LIVE,
    DEAD
  }

  static final int UNBOUNDED = -1;

  final RegexPool pool;
  final int id;
  final Kind kind;
  final CharSet set;
  final List<Regex> parts;
  final int min;
  final int max;
  final Multiple multiple;
  final boolean nullable;
  Transitions transitions;
  Life life = Life.UNKNOWN;
  int freeFor;

  Regex(RegexPool pool, int id, RegexPool.Key key, boolean nullable) {
    this.pool = pool;
    this.id = id;
    this.kind = key.kind();
    this.set = key.set();
    this.parts = key.parts();
    this.min = key.min();
    this.max = key.max();
    this.multiple = key.multiple();
    this.nullable = nullable;
  }

  /// Where the expression was made.
  public RegexPool pool() {
    return pool;
  }

  /// Whether the empty text is in the language.
  public boolean isNullable() {
    return nullable;
  }

  /// Whether the language has a text at all. Searches for one where complements and intersections
  /// leave it open.
  public boolean isLive() {
    return pool.isLive(this);
  }

  /// What may follow a character; dead if the character cannot stand here.
  public Regex after(int codePoint) {
    return transitions().target(codePoint);
  }

  /// Whether the text is in the language.
  public boolean matches(String text) {
    Regex state = this;
    for (int codePoint : text.codePoints().toArray()) {
      state = state.after(codePoint);
    }
    return state.isNullable();
  }

  /// Whether some character of the range can stand here.
  public boolean canTake(int low, int high) {
    return transitions().anyLive(low, high);
  }

  /// Whether any characters whatsoever, up to a number of them, can stand here.
  public boolean isFreeFor(int characters) {
    if (freeFor == 0) {
      freeFor = isFree(characters) ? characters : -1;
    }
    return freeFor >= characters;
  }

  private boolean isFree(int characters) {
    Set<Regex> seen = new HashSet<>(Set.of(this));
    List<Regex> frontier = List.of(this);
    for (int i = 0; i < characters && !frontier.isEmpty(); i++) {
      List<Regex> next = new ArrayList<>();
      for (Regex one : frontier) {
        for (Regex target : one.transitions().targets()) {
          if (!target.isLive()) {
            return false;
          }
          if (seen.add(target)) {
            next.add(target);
          }
        }
      }
      frontier = next;
    }
    return true;
  }

  Transitions transitions() {
    if (transitions == null) {
      transitions = pool.transitionsOf(this);
    }
    return transitions;
  }
}
