package llava4j.constraint.schema;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.BooleanNode;

/// Schemas and their complements as numbers, and sets of them that a value must all fulfil.
final class Terms {
  /// Fulfilled by every value.
  static final int TRUE = 0;

  /// Fulfilled by none.
  static final int FALSE = 1;

  private final IdentityHashMap<JsonNode, Integer> numbers = new IdentityHashMap<>();
  private final List<JsonNode> nodes = new ArrayList<>(List.of(BooleanNode.TRUE));

  /// The term of a schema.
  int of(JsonNode schema) {
    if (schema.isBoolean()) {
      return schema.booleanValue() ? TRUE : FALSE;
    }
    Integer known = numbers.get(schema);
    if (known == null) {
      known = nodes.size();
      nodes.add(schema);
      numbers.put(schema, known);
    }
    return 2 * known;
  }

  /// The term that is fulfilled by all values that do not fulfil this one.
  static int not(int term) {
    return term ^ 1;
  }

  static boolean isPositive(int term) {
    return (term & 1) == 0;
  }

  /// The schema of a term that is neither [#TRUE] nor [#FALSE].
  JsonNode schema(int term) {
    return nodes.get(term >> 1);
  }

  /// Terms without what says nothing, in an order that makes equal sets equal.
  static List<Integer> all(Iterable<Integer> terms) {
    TreeSet<Integer> set = new TreeSet<>();
    terms.forEach(set::add);
    set.remove(TRUE);
    for (int term : set) {
      if (term == FALSE || set.contains(not(term))) {
        return List.of(FALSE);
      }
    }
    return List.copyOf(set);
  }

  /// The terms and one more.
  static List<Integer> with(List<Integer> terms, int more) {
    List<Integer> both = new ArrayList<>(terms);
    both.add(more);
    return all(both);
  }

  int size() {
    return nodes.size();
  }
}
