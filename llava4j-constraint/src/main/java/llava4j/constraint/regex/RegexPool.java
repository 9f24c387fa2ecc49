package llava4j.constraint.regex;

import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.limit.Deadline;
import llava4j.constraint.regex.Regex.Kind;
import llava4j.constraint.regex.Regex.Life;

/// Makes regular languages of others. Not thread-safe.
public final class RegexPool {

  /// What makes two expressions one.
  record Key(Kind kind, CharSet set, List<Regex> parts, int min, int max, Multiple multiple) {}

  private final Map<Key, Regex> known = new HashMap<>();
  private final Derivatives derivatives = new Derivatives(this);
  private final int limit;
  private Deadline deadline; // of the work that is going on; null for none
  private final Regex never;
  private final Regex empty;
  private final Regex any;

  /// @param limit how many expressions may be made
  public RegexPool(int limit) {
    this.limit = limit;
    this.never = intern(Kind.NEVER, CharSet.NONE, List.of(), 0, 0, false);
    this.empty = intern(Kind.EMPTY, CharSet.NONE, List.of(), 0, 0, true);
    this.any = repeat(chars(CharSet.ALL), 0, Regex.UNBOUNDED);
  }

  /// No text.
  public Regex never() {
    return never;
  }

  /// The empty text.
  public Regex empty() {
    return empty;
  }

  /// Every text.
  public Regex any() {
    return any;
  }

  /// One character of a set.
  public Regex chars(CharSet set) {
    return set.isEmpty() ? never : intern(Kind.CHARS, set, List.of(), 0, 0, false);
  }

  /// One text.
  public Regex literal(String text) {
    Regex all = empty;
    int[] codePoints = text.codePoints().toArray();
    for (int i = codePoints.length - 1; i >= 0; i--) {
      all = concat(chars(CharSet.of(codePoints[i])), all);
    }
    return all;
  }

  /// One text of several.
  public Regex literals(Collection<String> texts) {
    Map<Integer, List<String>> byFirst = new TreeMap<>();
    List<Regex> choices = new ArrayList<>();
    for (String text : texts) {
      if (text.isEmpty()) {
        choices.add(empty);
      } else {
        int first = text.codePointAt(0);
        byFirst
            .computeIfAbsent(first, key -> new ArrayList<>())
            .add(text.substring(Character.charCount(first)));
      }
    }
    byFirst.forEach((first, rests) -> {
      Regex rest = rests.size() == 1 ? literal(rests.getFirst()) : literals(rests);
      choices.add(concat(chars(CharSet.of(first)), rest));
    });
    return or(choices);
  }

  /// One after the other.
  public Regex concat(Regex first, Regex second) {
    if (first == never || second == never) {
      return never;
    }
    if (first == empty) {
      return second;
    }
    if (second == empty) {
      return first;
    }
    if (first.kind == Kind.CONCAT) {
      return concat(first.parts.get(0), concat(first.parts.get(1), second));
    }
    if (first == any && second == any) {
      return any;
    }
    return intern(
        Kind.CONCAT, CharSet.NONE, List.of(first, second), 0, 0, first.nullable && second.nullable);
  }

  /// One of them.
  public Regex or(Collection<Regex> choices) {
    Set<Regex> parts = new TreeSet<>(Comparator.comparingInt((Regex part) -> part.id));
    CharSet single = CharSet.NONE;
    ArrayDeque<Regex> left = new ArrayDeque<>(choices);
    while (!left.isEmpty()) {
      Regex one = left.pop();
      if (one == any) {
        return any;
      }
      if (one.kind == Kind.OR) {
        one.parts.forEach(left::push);
      } else if (one.kind == Kind.CHARS) {
        single = single.union(one.set);
      } else if (one != never) {
        parts.add(one);
      }
    }
    if (!single.isEmpty()) {
      parts.add(chars(single));
    }
    if (parts.stream().anyMatch(part -> part != empty && part.nullable)) {
      parts.remove(empty);
    }
    if (parts.size() < 2) {
      return parts.isEmpty() ? never : parts.iterator().next();
    }
    boolean nullable = parts.stream().anyMatch(Regex::isNullable);
    return intern(Kind.OR, CharSet.NONE, List.copyOf(parts), 0, 0, nullable);
  }

  /// One of two.
  public Regex or(Regex first, Regex second) {
    return or(List.of(first, second));
  }

  /// All of them at once.
  public Regex and(Collection<Regex> demands) {
    Set<Regex> parts = new TreeSet<>(Comparator.comparingInt((Regex part) -> part.id));
    CharSet single = null;
    int[] length = {0, Regex.UNBOUNDED};
    ArrayDeque<Regex> left = new ArrayDeque<>(demands);
    while (!left.isEmpty()) {
      Regex one = left.pop();
      if (one == never) {
        return never;
      }
      if (one.kind == Kind.AND) {
        one.parts.forEach(left::push);
      } else if (one.kind == Kind.CHARS) {
        single = single == null ? one.set : single.intersect(one.set);
      } else if (isLength(one)) {
        length[0] = Math.max(length[0], one.min);
        length[1] = lesser(length[1], one.max);
      } else if (one != any) {
        parts.add(one);
      }
    }
    if (single != null) {
      parts.add(chars(single));
    }
    if ((length[1] != Regex.UNBOUNDED && length[0] > length[1]) || parts.contains(never)) {
      return never;
    }
    if (length[0] > 0 || length[1] != Regex.UNBOUNDED) {
      parts.add(repeat(chars(CharSet.ALL), length[0], length[1]));
    }
    return together(parts);
  }

  private Regex together(Set<Regex> parts) {
    if (parts.size() < 2) {
      return parts.isEmpty() ? any : parts.iterator().next();
    }
    boolean nullable = parts.stream().allMatch(Regex::isNullable);
    if (parts.contains(empty)) {
      return nullable ? empty : never;
    }
    return intern(Kind.AND, CharSet.NONE, List.copyOf(parts), 0, 0, nullable);
  }

  private static boolean isLength(Regex one) {
    return one.kind == Kind.REPEAT
        && one.parts.getFirst().kind == Kind.CHARS
        && one.parts.getFirst().set.equals(CharSet.ALL);
  }

  private static int lesser(int first, int second) {
    if (first == Regex.UNBOUNDED || second == Regex.UNBOUNDED) {
      return Math.max(first, second);
    }
    return Math.min(first, second);
  }

  /// Both at once.
  public Regex and(Regex first, Regex second) {
    return and(List.of(first, second));
  }

  /// Every text that is not in the language.
  public Regex not(Regex inner) {
    if (inner == never) {
      return any;
    }
    if (inner == any) {
      return never;
    }
    if (inner.kind == Kind.NOT) {
      return inner.parts.getFirst();
    }
    return intern(Kind.NOT, CharSet.NONE, List.of(inner), 0, 0, !inner.nullable);
  }

  /// Several times.
  ///
  /// @param max -1: without an end
  public Regex repeat(Regex inner, int min, int max) {
    if (max == 0 || inner == empty) {
      return empty;
    }
    if (inner == never) {
      return min == 0 ? empty : never;
    }
    if (min == 1 && max == 1) {
      return inner;
    }
    int least = inner.nullable ? 0 : min;
    boolean star = inner.kind == Kind.REPEAT && inner.min == 0 && inner.max == Regex.UNBOUNDED;
    if (star) {
      return inner;
    }
    return intern(Kind.REPEAT, CharSet.NONE, List.of(inner), least, max, least == 0);
  }

  /// Any number of times.
  public Regex star(Regex inner) {
    return repeat(inner, 0, Regex.UNBOUNDED);
  }

  /// Once or not at all.
  public Regex optional(Regex inner) {
    return or(empty, inner);
  }

  /// Decimal numbers without exponents that are multiples of a positive number.
  ///
  /// @throws ArithmeticException if the number has too many digits
  public Regex multipleOf(BigDecimal number) {
    BigDecimal plain = number.stripTrailingZeros();
    int digits = Math.max(0, plain.scale());
    int divisor = plain.movePointRight(digits).intValueExact();
    if (divisor > 100_000) {
      throw new ArithmeticException("too many digits");
    }
    return multiple(new Multiple(divisor, digits, 0, Multiple.Phase.START, 0));
  }

  Regex multiple(Multiple multiple) {
    return intern(
        new Key(Kind.MULTIPLE, CharSet.NONE, List.of(), 0, 0, multiple), multiple.isNullable());
  }

  private Regex intern(
      Kind kind, CharSet set, List<Regex> parts, int min, int max, boolean nullable) {
    return intern(new Key(kind, set, parts, min, max, null), nullable);
  }

  /// Whoever makes expressions from here on has to be done in time.
  public void within(Deadline next) {
    deadline = next;
  }

  private Regex intern(Key key, boolean nullable) {
    Regex found = known.get(key);
    if (found == null) {
      if (deadline != null) {
        deadline.check();
      }
      if (known.size() >= limit) {
        throw new ConstraintException(
            "the regular expressions of the constraint need more than "
                + limit
                + " states; simplify its patterns and length limits");
      }
      found = new Regex(this, known.size(), key, nullable);
      known.put(key, found);
    }
    return found;
  }

  Transitions transitionsOf(Regex from) {
    return derivatives.transitionsOf(from);
  }

  /// A search from expression to expression; what it passed on the way to a text lives, and if it
  /// ends without one, all of it is dead.
  boolean isLive(Regex start) {
    if (start.life == Life.UNKNOWN && start.nullable) {
      start.life = Life.LIVE;
    }
    if (start.life != Life.UNKNOWN) {
      return start.life == Life.LIVE;
    }
    Map<Regex, Regex> cameFrom = new HashMap<>();
    cameFrom.put(start, start);
    ArrayDeque<Regex> stack = new ArrayDeque<>(List.of(start));
    while (!stack.isEmpty()) {
      Regex one = stack.pop();
      for (Regex target : one.transitions().byInterval()) {
        if (target.nullable || target.life == Life.LIVE) {
          target.life = Life.LIVE;
          for (Regex back = one; back.life != Life.LIVE; back = cameFrom.get(back)) {
            back.life = Life.LIVE;
          }
          return true;
        }
        if (target.life == Life.UNKNOWN
            && target != never
            && cameFrom.putIfAbsent(target, one) == null) {
          stack.push(target);
        }
      }
    }
    cameFrom.keySet().forEach(one -> one.life = Life.DEAD);
    return false;
  }
}
