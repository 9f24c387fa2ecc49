package llava4j.text.jinja;

import java.util.Arrays;
import java.util.List;

/// A group of the filter `groupby`: a pair whose parts have names.
final class Group extends Tuple {
  Group(Object grouper, List<Object> items) {
    super(Arrays.asList(grouper, items));
  }

  /// An attribute; null if there is none.
  Object attribute(String name) {
    return switch (name) {
      case "grouper" -> get(0);
      case "list" -> get(1);
      default -> null;
    };
  }
}
