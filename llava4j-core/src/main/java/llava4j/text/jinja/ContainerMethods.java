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

  private ContainerMethods() {}

  /// A dictionary's method; null if there is none.
  static Object ofMap(Map<?, ?> map, String name) {
    if (CHANGES_MAP.contains(name)) {
      return Undefined.forbidden(name);
    }
    Callee method =
        switch (name) {
          case "get" ->
              arguments -> {
                Arguments.Bound bound = arguments.bind("get", 1, "key", "default");
                return map.containsKey(bound.get(0)) ? map.get(bound.get(0)) : bound.get(1);
              };
          case "keys" -> _ -> new DictView("dict_keys", new ArrayList<>(map.keySet()));
          case "values" -> _ -> new DictView("dict_values", new ArrayList<>(map.values()));
          case "items" -> _ -> new DictView("dict_items", pairs(map));
          case "copy" -> _ -> new LinkedHashMap<>(map);
          default -> null;
        };
    return method;
  }

  /// Keys and values as tuples.
  static List<Object> pairs(Map<?, ?> map) {
    List<Object> pairs = new ArrayList<>();
    map.forEach((key, value) -> pairs.add(Tuple.of(key, value)));
    return pairs;
  }

  /// A list's or tuple's method; null if there is none.
  static Object ofList(List<?> list, String name) {
    if (CHANGES_LIST.contains(name) && !(list instanceof Tuple)) {
      return Undefined.forbidden(name);
    }
    Callee method =
        switch (name) {
          case "count" ->
              arguments -> {
                Object wanted = arguments.bind("count", 1, "value").get(0);
                return list.stream().filter(item -> Operators.equal(item, wanted)).count();
              };
          case "index" ->
              arguments -> {
                Object wanted = arguments.bind("index", 1, "value").get(0);
                for (int i = 0; i < list.size(); i++) {
                  if (Operators.equal(list.get(i), wanted)) {
                    return (long) i;
                  }
                }
                throw new JinjaException(PythonText.repr(wanted) + " is not in the list");
              };
          case "copy" -> _ -> new ArrayList<Object>(list);
          default -> null;
        };
    return method;
  }
}
