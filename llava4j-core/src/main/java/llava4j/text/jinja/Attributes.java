package llava4j.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// `value.name` and `value[index]` in Jinja's order of look-ups, within its immutable sandbox:
/// names that begin with an underscore and methods that change a value are not accessible.
final class Attributes {
  private final Budget budget;

  Attributes(Budget budget) {
    this.budget = budget;
  }

  /// `target.name`: an attribute or method first, then an item.
  Object attribute(Object target, String name) {
    Object own = own(target, name);
    if (own != null) {
      return own;
    }
    return target instanceof Map<?, ?> map && map.containsKey(name)
        ? map.get(name)
        : Undefined.attribute(target, name);
  }

  /// `target[index]`: an item first, then an attribute; otherwise undefined.
  Object item(Object target, Object index) {
    if (target instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (target instanceof Map<?, ?> map && Operators.canBeKey(index) && map.containsKey(index)) {
      return map.get(index);
    }
    boolean isPlace = index instanceof Long || index instanceof Boolean;
    if (isPlace && target instanceof List<?> list) {
      int place = place(Operators.whole(index), list.size());
      return place >= 0 ? list.get(place) : Undefined.attribute(target, index);
    }
    if (isPlace && target instanceof String text) {
      int place = place(Operators.whole(index), (int) Operators.length(text));
      return place >= 0
          ? Character.toString(text.codePointAt(text.offsetByCodePoints(0, place)))
          : Undefined.attribute(target, index);
    }
    Object own = index instanceof String name ? own(target, name) : null;
    return own != null ? own : Undefined.attribute(target, index);
  }

  /// `target[start:stop:step]`; null for missing parts.
  Object slice(Object target, Object start, Object stop, Object step) {
    if (target instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (target instanceof String text) {
      int[] codes = text.codePoints().toArray();
      StringBuilder cut = new StringBuilder();
      for (int place : places(codes.length, start, stop, step)) {
        cut.appendCodePoint(codes[place]);
      }
      return budget.made(cut.toString());
    }
    if (target instanceof List<?> list) {
      List<Object> cut = new ArrayList<>();
      for (int place : places(list.size(), start, stop, step)) {
        cut.add(list.get(place));
      }
      budget.makeItems(cut.size());
      return target instanceof Tuple ? new Tuple(cut) : cut;
    }
    return Undefined.attribute(target, "[:]");
  }

  private static int[] places(int size, Object start, Object stop, Object step) {
    long by = bound(step, 1);
    if (by == 0) {
      throw new JinjaException("a slice needs a step other than 0");
    }
    long from = limited(bound(start, by > 0 ? 0 : Long.MAX_VALUE), size, by, start == null);
    long to =
        limited(bound(stop, by > 0 ? Long.MAX_VALUE : Long.MIN_VALUE), size, by, stop == null);
    long count = by > 0 ? (to - from + by - 1) / by : (from - to - by - 1) / -by;
    int[] places = new int[(int) Math.max(0, count)];
    for (int i = 0; i < places.length; i++) {
      places[i] = (int) (from + i * by);
    }
    return places;
  }

  private static long limited(long bound, int size, long step, boolean absent) {
    long place = bound < 0 && !absent ? bound + size : bound;
    return step > 0 ? Math.clamp(place, 0, size) : Math.clamp(place, -1, size - 1);
  }

  private static long bound(Object value, long otherwise) {
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Long || value instanceof Boolean) {
      return Math.clamp(Operators.whole(value), -(1L << 40), 1L << 40);
    }
    throw new JinjaException("a slice needs whole numbers, not a " + Operators.typeName(value));
  }

  private static int place(long index, int size) {
    long place = index < 0 ? index + size : index;
    return place >= 0 && place < size ? (int) place : -1;
  }

  /// An attribute or method; null if there is none.
  private Object own(Object target, String name) {
    if (target instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (name.startsWith("_")) {
      return target instanceof Map<?, ?> map && map.containsKey(name)
          ? null
          : Undefined.forbidden(name);
    }
    return switch (target) {
      case String text -> new StringMethods(text, budget).find(name);
      case Map<?, ?> map -> new ContainerMethods(budget).ofMap(map, name);
      case Group group when group.attribute(name) != null -> group.attribute(name);
      case List<?> list -> new ContainerMethods(budget).ofList(list, name);
      case Namespace namespace -> namespace.values().get(name);
      case Loop loop -> loop.attribute(name);
      case Macro macro -> macro.attribute(name);
      case Functions.Cycler cycler -> cycler.attribute(name);
      case null, default -> null;
    };
  }
}
