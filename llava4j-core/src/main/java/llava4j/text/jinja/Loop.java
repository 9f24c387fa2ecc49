package llava4j.text.jinja;

import java.util.List;
import java.util.function.Function;

/// The `loop` variable of a `for`. If the loop is recursive, calling it iterates over other items
/// with the same body.
final class Loop implements Callee {
  private static final Object NOTHING = new Object();

  private final List<Object> items;
  private final int depth;
  private final Function<Object, Object> again;
  private int index;
  private Object lastSeen = NOTHING;

  /// @param depth number of enclosing loops of this recursion
  /// @param again renders the body with other items; null if the loop is not recursive
  Loop(List<Object> items, int depth, Function<Object, Object> again) {
    this.items = items;
    this.depth = depth;
    this.again = again;
  }

  void moveTo(int place) {
    index = place;
  }

  @Override
  public Object call(Arguments arguments) {
    if (again == null) {
      throw new JinjaException("the loop is called, but it is not marked 'recursive'");
    }
    return again.apply(arguments.bind("loop", 1, "iterable").get(0));
  }

  /// An attribute of the loop; null if there is none.
  Object attribute(String name) {
    return switch (name) {
      case "index" -> index + 1L;
      case "index0" -> (long) index;
      case "revindex" -> (long) items.size() - index;
      case "revindex0" -> items.size() - index - 1L;
      case "first" -> index == 0;
      case "last" -> index == items.size() - 1;
      case "length" -> (long) items.size();
      case "depth" -> depth + 1L;
      case "depth0" -> (long) depth;
      case "previtem" ->
          index > 0 ? present(items.get(index - 1)) : new Undefined("there is no previous item");
      case "nextitem" ->
          index + 1 < items.size()
              ? present(items.get(index + 1))
              : new Undefined("there is no next item");
      case "cycle" ->
          (Callee)
              arguments -> {
                if (arguments.positional().isEmpty()) {
                  throw new JinjaException("loop.cycle() needs items");
                }
                return arguments.positional().get(index % arguments.positional().size());
              };
      case "changed" ->
          (Callee)
              arguments -> {
                Object seen = new Tuple(arguments.positional());
                boolean changed = lastSeen == NOTHING || !Operators.equal(seen, lastSeen);
                lastSeen = seen;
                return changed;
              };
      default -> null;
    };
  }

  private static Object present(Object item) {
    return item == null ? new Undefined("None") : item;
  }
}
