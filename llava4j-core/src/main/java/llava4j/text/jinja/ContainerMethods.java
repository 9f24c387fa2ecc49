package llava4j.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Methods of lists and dictionaries that change nothing.
final class ContainerMethods {
  private static final Set<String> CHANGES_LIST =
      Set.of("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort");
  private static final Set<String> CHANGES_MAP =
      Set.of("clear", "pop", "popitem", "setdefault", "update");

  private final Budget budget;

  ContainerMethods(Budget budget) {
    this.budget = budget;
  }

  /// A dictionary's method; null if there is none.
  Object ofMap(Map<?, ?> map, String name) {
    if (CHANGES_MAP.contains(name)) {
      return Undefined.forbidden(name);
    }
    Callee method =
        switch (name) {
          case "get" ->
              arguments -> {
                Arguments.Bound bound = arguments.bind("get", 1, "key", "default");
                Object key = Operators.key(bound.get(0));
                return map.containsKey(key) ? map.get(key) : bound.get(1);
              };
          case "keys" -> _ -> new DictView("dict_keys", new ArrayList<>(counted(map).keySet()));
          case "values" -> _ -> new DictView("dict_values", new ArrayList<>(counted(map).values()));
          case "items" -> _ -> new DictView("dict_items", pairs(counted(map)));
          case "copy" -> _ -> new LinkedHashMap<>(counted(map));
          default -> null;
        };
    return method;
  }

  private <K, V> Map<K, V> counted(Map<K, V> map) {
    budget.makeItems(map.size());
    return map;
  }

  /// Keys and values as tuples.
  static List<Object> pairs(Map<?, ?> map) {
    List<Object> pairs = new ArrayList<>();
    map.forEach((key, value) -> pairs.add(Tuple.of(key, value)));
    return pairs;
  }

  /// A list's or tuple's method; null if there is none.
  Object ofList(List<?> list, String name) {
    if (CHANGES_LIST.contains(name) && !(list instanceof Tuple)) {
      return Undefined.forbidden(name);
    }
    Callee method =
        switch (name) {
          case "count" ->
              arguments -> {
                Object wanted = arguments.bind("count", 1, "value").get(0);
                return list.stream().filter(item -> isEqual(item, wanted)).count();
              };
          case "index" ->
              arguments -> {
                Object wanted = arguments.bind("index", 1, "value").get(0);
                for (int i = 0; i < list.size(); i++) {
                  if (isEqual(list.get(i), wanted)) {
                    return (long) i;
                  }
                }
                throw new JinjaException(PythonText.repr(wanted) + " is not in the list");
              };
          case "copy" ->
              _ -> {
                budget.makeItems(list.size());
                return new ArrayList<Object>(list);
              };
          default -> null;
        };
    return method;
  }

  private boolean isEqual(Object item, Object wanted) {
    budget.step();
    return Operators.equal(item, wanted);
  }
}
