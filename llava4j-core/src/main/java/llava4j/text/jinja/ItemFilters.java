package llava4j.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/// Filters of lists and other values with items.
final class ItemFilters {
  private final Budget budget;
  private final Operators operators;
  private final Attributes attributes;
  private final Tests tests;
  private final Filters filters;

  ItemFilters(
      Budget budget, Operators operators, Attributes attributes, Tests tests, Filters filters) {
    this.budget = budget;
    this.operators = operators;
    this.attributes = attributes;
    this.tests = tests;
    this.filters = filters;
  }

  Object apply(String name, Object value, Arguments arguments) {
    return switch (name) {
      case "length", "count" -> Operators.length(value);
      case "list" -> operators.list(value);
      case "first" -> {
        Iterator<Object> items = Operators.iterate(value);
        yield items.hasNext() ? items.next() : new Undefined("no first item: it is empty");
      }
      case "last" -> {
        List<Object> items = reversible(name, value);
        yield items.isEmpty() ? new Undefined("no last item: it is empty") : items.getLast();
      }
      case "reverse" ->
          value instanceof String text
              ? budget.made(new StringBuilder(text).reverse().toString())
              : new Generator(reversible(name, value).reversed().iterator());
      case "join" -> join(value, arguments);
      case "items" -> {
        if (!(value instanceof Undefined) && !(value instanceof Map)) {
          throw new JinjaException("items needs a dictionary, not a " + Operators.typeName(value));
        }
        yield new Generator(
            value instanceof Map<?, ?> map ? pairs(map).iterator() : Collections.emptyIterator());
      }
      case "map" -> map(value, arguments);
      case "select" -> selected(value, arguments, false, true);
      case "reject" -> selected(value, arguments, false, false);
      case "selectattr" -> selected(value, arguments, true, true);
      case "rejectattr" -> selected(value, arguments, true, false);
      default -> ordering(name, value, arguments);
    };
  }

  private Object ordering(String name, Object value, Arguments arguments) {
    return switch (name) {
      case "sort" -> {
        Arguments.Bound bound = arguments.bind(name, 0, "reverse", "case_sensitive", "attribute");
        yield sorted(
            operators.list(value), keys(bound.get(2), bound.flag(1, false)), bound.flag(0, false));
      }
      case "dictsort" -> {
        Arguments.Bound bound = arguments.bind(name, 0, "case_sensitive", "by", "reverse");
        if (!(value instanceof Map<?, ?> map)) {
          throw new JinjaException("dictsort needs a dictionary");
        }
        long part = bound.text(1, "key").equals("value") ? 1 : 0;
        yield sorted(pairs(map), keys(part, bound.flag(0, false)), bound.flag(2, false));
      }
      case "unique" -> {
        Arguments.Bound bound = arguments.bind(name, 0, "case_sensitive", "attribute");
        yield unique(value, keys(bound.get(1), bound.flag(0, false)));
      }
      case "min", "max" -> {
        Arguments.Bound bound = arguments.bind(name, 0, "case_sensitive", "attribute");
        List<Object> items =
            sorted(
                operators.list(value),
                keys(bound.get(1), bound.flag(0, false)),
                name.equals("max"));
        yield items.isEmpty() ? new Undefined("no item: it is empty") : items.getFirst();
      }
      case "sum" -> {
        Arguments.Bound bound = arguments.bind(name, 0, "attribute", "start");
        Object sum = bound.get(1, 0L);
        for (Object item : operators.list(value)) {
          Object part = bound.get(0) == null ? item : attribute(item, bound.get(0));
          sum = operators.arithmetic("+", sum, part);
        }
        yield sum;
      }
      case "groupby" -> grouped(value, arguments);
      case "batch" -> {
        Arguments.Bound bound = arguments.bind(name, 1, "linecount", "fill_with");
        yield batches(operators.list(value), bound.integer(0, 1), bound.get(1));
      }
      case "slice" -> {
        Arguments.Bound bound = arguments.bind(name, 1, "slices", "fill_with");
        yield slices(operators.list(value), bound.integer(0, 1), bound.get(1));
      }
      default -> throw new IllegalStateException(name + " is no filter of items");
    };
  }

  private List<Object> pairs(Map<?, ?> map) {
    budget.makeItems(map.size());
    return ContainerMethods.pairs(map);
  }

  private List<Object> reversible(String filter, Object value) {
    if (value instanceof Generator) {
      throw new JinjaException(filter + ": a generator cannot be read from its end");
    }
    return operators.list(value);
  }

  private String join(Object value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("join", 0, "d", "attribute");
    String between = PythonText.of(bound.get(0, ""));
    StringBuilder text = new StringBuilder();
    boolean first = true;
    for (Object item : operators.list(value)) {
      Object part = bound.get(1) == null ? item : attribute(item, bound.get(1));
      text.append(first ? "" : between).append(PythonText.of(part));
      first = false;
      budget.require(text.length());
    }
    return budget.made(text.toString());
  }

  private Generator map(Object value, Arguments arguments) {
    Function<Object, Object> change;
    if (arguments.positional().isEmpty() && arguments.keywords().containsKey("attribute")) {
      Arguments.Bound bound =
          new Arguments(List.of(), arguments.keywords()).bind("map", 0, "attribute", "default");
      change =
          item -> {
            Object found = attribute(item, bound.get(0));
            return found instanceof Undefined && bound.has(1) ? bound.get(1) : found;
          };
    } else if (!arguments.positional().isEmpty()) {
      String filter = PythonText.of(arguments.positional().getFirst());
      change = item -> filters.apply(filter, item, behind(1, arguments), 0);
    } else {
      throw new JinjaException("map needs a filter's name or an attribute");
    }
    Iterator<Object> items = Operators.iterate(value);
    return new Generator(
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            return items.hasNext();
          }

          @Override
          public Object next() {
            return change.apply(items.next());
          }
        });
  }

  private static Arguments behind(int places, Arguments arguments) {
    List<Object> positional = arguments.positional();
    return new Arguments(positional.subList(places, positional.size()), arguments.keywords());
  }

  private Generator selected(
      Object value, Arguments arguments, boolean byAttribute, boolean wanted) {
    List<Object> given = arguments.positional();
    int places = byAttribute ? 1 : 0;
    if (given.size() < places) {
      throw new JinjaException("an attribute's name is missing");
    }
    Predicate<Object> test;
    if (given.size() > places) {
      String name = PythonText.of(given.get(places));
      Arguments rest = behind(places + 1, arguments);
      test = item -> tests.apply(name, item, rest, 0);
    } else {
      test = Operators::truth;
    }
    List<Object> kept = new ArrayList<>();
    for (Object item : operators.list(value)) {
      Object looked = byAttribute ? attribute(item, given.getFirst()) : item;
      if (test.test(looked) == wanted) {
        kept.add(item);
      }
    }
    return new Generator(kept.iterator());
  }

  /// An attribute by a path such as `a.b.0`.
  private Object attribute(Object item, Object path) {
    if (!(path instanceof String text)) {
      return attributes.item(item, path);
    }
    Object value = item;
    for (String part : text.split("\\.", -1)) {
      value = attributes.item(value, part.matches("\\d{1,9}") ? Long.valueOf(part) : part);
    }
    return value;
  }

  /// The key by which items are compared.
  private Function<Object, Object> keys(Object path, boolean caseSensitive) {
    return item -> {
      Object key;
      if (path instanceof String several && several.contains(",")) {
        List<Object> parts = new ArrayList<>();
        for (String part : several.split(",", -1)) {
          parts.add(folded(attribute(item, part), caseSensitive));
        }
        key = parts;
      } else {
        key = folded(path == null ? item : attribute(item, path), caseSensitive);
      }
      return key;
    };
  }

  private static Object folded(Object key, boolean caseSensitive) {
    return key instanceof String text && !caseSensitive ? text.toLowerCase(Locale.ROOT) : key;
  }

  private List<Object> sorted(List<Object> items, Function<Object, Object> keys, boolean reverse) {
    Comparator<Object> order =
        (a, b) -> {
          budget.step();
          return Operators.order(keys.apply(a), keys.apply(b), "<");
        };
    List<Object> sorted = new ArrayList<>(items);
    sorted.sort(reverse ? order.reversed() : order);
    return sorted;
  }

  private Generator unique(Object value, Function<Object, Object> keys) {
    List<Object> seen = new ArrayList<>();
    List<Object> kept = new ArrayList<>();
    for (Object item : operators.list(value)) {
      Object key = keys.apply(item);
      if (!operators.contains(seen, key)) {
        seen.add(key);
        kept.add(item);
      }
    }
    return new Generator(kept.iterator());
  }

  private List<Object> grouped(Object value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("groupby", 1, "attribute", "default", "case_sensitive");
    boolean caseSensitive = bound.flag(2, false);
    Function<Object, Object> plain =
        item -> {
          Object key = attribute(item, bound.get(0));
          return key instanceof Undefined && bound.has(1) ? bound.get(1) : key;
        };
    Function<Object, Object> keys = item -> folded(plain.apply(item), caseSensitive);
    List<Object> groups = new ArrayList<>();
    List<Object> group = new ArrayList<>();
    for (Object item : sorted(operators.list(value), keys, false)) {
      if (!group.isEmpty() && !Operators.equal(keys.apply(group.getFirst()), keys.apply(item))) {
        groups.add(new Group(plain.apply(group.getFirst()), group));
        group = new ArrayList<>();
      }
      group.add(item);
    }
    if (!group.isEmpty()) {
      groups.add(new Group(plain.apply(group.getFirst()), group));
    }
    return groups;
  }

  private static Generator batches(List<Object> items, int size, Object filling) {
    List<Object> batches = new ArrayList<>();
    for (int start = 0; start < items.size(); start += Math.max(1, size)) {
      List<Object> batch =
          new ArrayList<>(items.subList(start, Math.min(items.size(), start + Math.max(1, size))));
      while (filling != null && batch.size() < Math.min(size, items.size() + 1000)) {
        batch.add(filling);
      }
      batches.add(batch);
    }
    return new Generator(batches.iterator());
  }

  private Generator slices(List<Object> items, int number, Object filling) {
    if (number < 1 || number > 10_000) {
      throw new JinjaException("slice needs between 1 and 10000 slices");
    }
    budget.makeItems(number);
    List<Object> slices = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < number; i++) {
      boolean longer = i < items.size() % number;
      int end = start + items.size() / number + (longer ? 1 : 0);
      List<Object> slice = new ArrayList<>(items.subList(start, end));
      if (filling != null && !longer && items.size() % number != 0) {
        slice.add(filling);
      }
      slices.add(slice);
      start = end;
    }
    return new Generator(slices.iterator());
  }
}
