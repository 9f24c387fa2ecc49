package llava4j.constraint.regex;

import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// What follows an expression behind each character: Brzozowski's derivatives, once for all
/// characters that the expression does not tell apart.
final class Derivatives {
  private final RegexPool pool;

  Derivatives(RegexPool pool) {
    this.pool = pool;
  }

  Transitions transitionsOf(Regex from) {
    Set<CharSet> sets = new HashSet<>();
    collectFirst(from, sets);
    TreeSet<Integer> bounds = new TreeSet<>(List.of(0, 0xD800, 0xE000));
    for (CharSet set : sets) {
      for (int i = 0; i < set.ranges().length; i += 2) {
        bounds.add(set.ranges()[i]);
        bounds.add(set.ranges()[i + 1] + 1);
      }
    }
    List<CharSet> ordered = List.copyOf(sets);
    Map<BitSet, Regex> bySignature = new HashMap<>();
    Map<Integer, Regex> targets = new LinkedHashMap<>();
    Regex last = null;
    for (int start : bounds) {
      BitSet signature = new BitSet();
      for (int i = 0; i < ordered.size(); i++) {
        signature.set(i, ordered.get(i).contains(start));
      }
      Regex target =
          start >= 0xD800 && start < 0xE000
              ? pool.never()
              : bySignature.computeIfAbsent(signature, key -> derive(from, start));
      if (target != last || start == 0xD800 || start == 0xE000) {
        targets.put(start, target);
      }
      last = target;
    }
    return new Transitions(
        targets.keySet().stream().mapToInt(Integer::intValue).toArray(),
        targets.values().toArray(Regex[]::new));
  }

  private static void collectFirst(Regex node, Set<CharSet> sets) {
    switch (node.kind) {
      case NEVER, EMPTY -> {}
      case CHARS -> sets.add(node.set);
      case CONCAT -> {
        collectFirst(node.parts.get(0), sets);
        if (node.parts.get(0).nullable) {
          collectFirst(node.parts.get(1), sets);
        }
      }
      case OR, AND, NOT, REPEAT -> node.parts.forEach(part -> collectFirst(part, sets));
      case MULTIPLE -> {
        for (int digit = '0'; digit <= '9'; digit++) {
          sets.add(CharSet.of(digit));
        }
        sets.add(CharSet.of('-'));
        sets.add(CharSet.of('.'));
      }
    }
  }

  private Regex derive(Regex node, int codePoint) {
    if (node.transitions != null) {
      return node.transitions.target(codePoint);
    }
    return switch (node.kind) {
      case NEVER, EMPTY -> pool.never();
      case CHARS -> node.set.contains(codePoint) ? pool.empty() : pool.never();
      case CONCAT -> {
        Regex first = node.parts.get(0);
        Regex second = node.parts.get(1);
        Regex through = pool.concat(derive(first, codePoint), second);
        yield first.nullable ? pool.or(through, derive(second, codePoint)) : through;
      }
      case OR -> pool.or(node.parts.stream().map(part -> derive(part, codePoint)).toList());
      case AND -> pool.and(node.parts.stream().map(part -> derive(part, codePoint)).toList());
      case NOT -> pool.not(derive(node.parts.getFirst(), codePoint));
      case REPEAT -> {
        Regex inner = node.parts.getFirst();
        int max = node.max == Regex.UNBOUNDED ? Regex.UNBOUNDED : node.max - 1;
        yield pool.concat(
            derive(inner, codePoint), pool.repeat(inner, Math.max(0, node.min - 1), max));
      }
      case MULTIPLE -> {
        Multiple next = node.multiple.after(codePoint);
        yield next == null ? pool.never() : pool.multiple(next);
      }
    };
  }
}
