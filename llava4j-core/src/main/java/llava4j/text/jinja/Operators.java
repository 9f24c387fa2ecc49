package llava4j.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/// Python's operators: `null` is None, `Boolean`, `Long` and `Double` are numbers, `String`,
/// `List`, [Tuple] and `Map` the rest.
final class Operators {
  private static final int MAX_COMPARISONS = 1_000_000;

  private final Budget budget;

  Operators(Budget budget) {
    this.budget = budget;
  }

  static String typeName(Object value) {
    return switch (value) {
      case null -> "NoneType";
      case Undefined _ -> "Undefined";
      case String _ -> "str";
      case Boolean _ -> "bool";
      case Long _ -> "int";
      case Double _ -> "float";
      case Tuple _ -> "tuple";
      case Range _ -> "range";
      case List<?> _ -> "list";
      case Map<?, ?> _ -> "dict";
      case Generator _ -> "generator";
      case Callee _ -> "function";
      default -> value.getClass().getSimpleName();
    };
  }

  static boolean truth(Object value) {
    return switch (value) {
      case null -> false;
      case Undefined _ -> false;
      case Boolean flag -> flag;
      case Long number -> number != 0;
      case Double number -> number != 0;
      case String text -> !text.isEmpty();
      case List<?> list -> !list.isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      case DictView view -> !view.items().isEmpty();
      default -> true;
    };
  }

  static boolean equal(Object left, Object right) {
    return equal(left, right, new int[] {MAX_COMPARISONS});
  }

  /// @param comparisonsLeft remaining number of comparisons, because nested lists may need many
  private static boolean equal(Object left, Object right, int[] comparisonsLeft) {
    if (isSame(left, right)) {
      return true;
    }
    if (--comparisonsLeft[0] < 0) {
      throw new JinjaException("two values are too large to be compared");
    }
    if (isNumber(left) && isNumber(right)) {
      return (left instanceof Double || right instanceof Double)
          ? real(left) == real(right)
          : whole(left) == whole(right);
    }
    if (left instanceof List<?> a && right instanceof List<?> b) {
      if ((left instanceof Tuple) != (right instanceof Tuple) || a.size() != b.size()) {
        return false;
      }
      for (int i = 0; i < a.size(); i++) {
        if (!equal(a.get(i), b.get(i), comparisonsLeft)) {
          return false;
        }
      }
      return true;
    }
    if (left instanceof Map<?, ?> a && right instanceof Map<?, ?> b) {
      return a.size() == b.size()
          && a.entrySet().stream()
              .allMatch(entry ->
                  b.containsKey(entry.getKey())
                      && equal(entry.getValue(), b.get(entry.getKey()), comparisonsLeft));
    }
    if (left instanceof Undefined && right instanceof Undefined) {
      return true;
    }
    if (left instanceof String a && right instanceof String b) {
      comparisonsLeft[0] -= a.length() == b.length() ? a.length() >>> 6 : 0; // long texts take long
      return a.equals(b);
    }
    return false;
  }

  /// A value as a key of a dictionary.
  ///
  /// @throws JinjaException if it cannot be a key, such as lists and dictionaries
  static Object key(Object value) {
    if (!canBeKey(value)) {
      throw new JinjaException("a " + typeName(value) + " cannot be a key");
    }
    return value;
  }

  static boolean canBeKey(Object value) {
    return !(value instanceof Map || value instanceof DictView)
        && (!(value instanceof List) || value instanceof Tuple);
  }

  /// Python's `is`.
  @SuppressWarnings("ReferenceEquality") // identity is intended
  static boolean isSame(Object left, Object right) {
    return left == right;
  }

  /// @return negative, 0 or positive, in the order of Python's `<`
  static int order(Object left, Object right, String operator) {
    if (isNumber(left) && isNumber(right)) {
      return (left instanceof Double || right instanceof Double)
          ? Double.compare(real(left), real(right))
          : Long.compare(whole(left), whole(right));
    }
    if (left instanceof String a && right instanceof String b) {
      return orderOfTexts(a, b);
    }
    if (left instanceof List<?> a
        && right instanceof List<?> b
        && (left instanceof Tuple) == (right instanceof Tuple)) {
      int[] comparisonsLeft = {MAX_COMPARISONS};
      for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
        if (!equal(a.get(i), b.get(i), comparisonsLeft)) {
          return order(a.get(i), b.get(i), operator);
        }
      }
      return Integer.compare(a.size(), b.size());
    }
    throw unsupported(operator, left, right);
  }

  private static int orderOfTexts(String a, String b) {
    int common = Math.min(a.length(), b.length());
    for (int i = 0; i < common; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        // surrogates encode characters after all others
        return Character.isSurrogate(x) == Character.isSurrogate(y)
            ? Character.compare(x, y)
            : Character.isSurrogate(x) ? 1 : -1;
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  boolean compare(String operator, Object left, Object right) {
    return switch (operator) {
      case "==" -> equal(left, right);
      case "!=" -> !equal(left, right);
      case "in" -> contains(right, left);
      case "not in" -> !contains(right, left);
      case "<" -> order(left, right, operator) < 0;
      case "<=" -> order(left, right, operator) <= 0;
      case ">" -> order(left, right, operator) > 0;
      case ">=" -> order(left, right, operator) >= 0;
      default -> throw new JinjaException("unknown comparison " + operator);
    };
  }

  boolean contains(Object container, Object item) {
    if (container instanceof String text) {
      if (item instanceof String part) {
        budget.search(text, part);
        return text.contains(part);
      }
      throw item instanceof Undefined undefined
          ? undefined.error()
          : unsupported("in", item, container);
    }
    if (container instanceof Map<?, ?> map) {
      return map.containsKey(key(item));
    }
    Iterator<Object> items = iterate(container);
    while (items.hasNext()) {
      budget.step();
      if (equal(items.next(), item)) {
        return true;
      }
    }
    return false;
  }

  Object arithmetic(String operator, Object left, Object right) {
    if (left instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (operator.equals("%") && left instanceof String format) {
      return budget.made(new PercentFormat(budget).apply(format, right));
    }
    if (right instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (isNumber(left) && isNumber(right)) {
      return number(operator, left, right);
    }
    if (operator.equals("+")) {
      if (left instanceof String a && right instanceof String b) {
        budget.make((long) a.length() + b.length());
        return a + b;
      }
      if (left instanceof List<?> a
          && right instanceof List<?> b
          && (left instanceof Tuple) == (right instanceof Tuple)) {
        budget.make((long) a.size() + b.size());
        List<Object> both = new ArrayList<>(a);
        both.addAll(b);
        return left instanceof Tuple ? new Tuple(both) : both;
      }
    }
    if (operator.equals("*")) {
      boolean countFirst = isNumber(left) && !(left instanceof Double);
      Object repeated = countFirst ? right : left;
      Object count = countFirst ? left : right;
      if (isNumber(count) && !(count instanceof Double)) {
        return repeat(repeated, Math.max(0, whole(count)), left, right);
      }
    }
    throw unsupported(operator, left, right);
  }

  private Object repeat(Object repeated, long count, Object left, Object right) {
    int times = (int) Math.min(count, Integer.MAX_VALUE);
    if (repeated instanceof String text) {
      budget.make(text.length() * (long) times);
      return text.repeat(times);
    }
    if (repeated instanceof List<?> list) {
      budget.make(list.size() * (long) times);
      List<Object> once = new ArrayList<>(list); // a range creates its numbers on demand
      List<Object> all = new ArrayList<>();
      Collections.nCopies(list.isEmpty() ? 0 : times, once).forEach(all::addAll);
      return repeated instanceof Tuple ? new Tuple(all) : all;
    }
    throw unsupported("*", left, right);
  }

  private Object number(String operator, Object left, Object right) {
    try {
      if (operator.equals("/")) {
        requireDivisor(real(right));
        return real(left) / real(right);
      }
      return (left instanceof Double || right instanceof Double)
          ? ofReals(operator, real(left), real(right))
          : ofWholes(operator, whole(left), whole(right));
    } catch (ArithmeticException _) {
      throw new JinjaException("a number becomes too large");
    }
  }

  private static Object ofReals(String operator, double a, double b) {
    return switch (operator) {
      case "+" -> a + b;
      case "-" -> a - b;
      case "*" -> a * b;
      case "//" -> {
        requireDivisor(b);
        yield Math.floor(a / b);
      }
      case "%" -> {
        requireDivisor(b);
        double rest = a % b;
        yield rest != 0 && rest < 0 != b < 0 ? rest + b : rest;
      }
      case "**" -> Math.pow(a, b);
      default -> throw new JinjaException("unknown operator " + operator);
    };
  }

  private static Object ofWholes(String operator, long a, long b) {
    return switch (operator) {
      case "+" -> Math.addExact(a, b);
      case "-" -> Math.subtractExact(a, b);
      case "*" -> Math.multiplyExact(a, b);
      case "//" -> {
        requireDivisor((double) b);
        yield Math.floorDivExact(a, b);
      }
      case "%" -> {
        requireDivisor((double) b);
        yield Math.floorMod(a, b);
      }
      case "**" -> power(a, b);
      default -> throw new JinjaException("unknown operator " + operator);
    };
  }

  private static Object power(long base, long exponent) {
    if (exponent < 0) {
      requireDivisor((double) base);
      return Math.pow((double) base, (double) exponent);
    }
    if (Math.abs(base) <= 1) {
      return exponent == 0 || base == 1 ? 1L : base == 0 ? 0L : exponent % 2 == 0 ? 1L : -1L;
    }
    long result = 1;
    for (long i = 0; i < exponent; i++) { // ends by overflow after 63 rounds
      result = Math.multiplyExact(result, base);
    }
    return result;
  }

  Object signed(String operator, Object operand) {
    if (operand instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (!isNumber(operand)) {
      throw new JinjaException("a sign before a " + typeName(operand) + ", which is not a number");
    }
    if (operand instanceof Double number) {
      return operator.equals("-") ? -number : number;
    }
    return operator.equals("-") ? Math.negateExact(whole(operand)) : whole(operand);
  }

  /// The items of a `for` loop. Values are immutable, so they are not copied.
  static Iterator<Object> iterate(Object value) {
    return switch (value) {
      case Undefined _ -> Collections.emptyIterator();
      case String text -> text.codePoints().<Object>mapToObj(Character::toString).iterator();
      case List<?> list -> Collections.<Object>unmodifiableList(list).iterator();
      case Map<?, ?> map -> Collections.<Object>unmodifiableSet(map.keySet()).iterator();
      case DictView view -> view.items().iterator();
      case Generator generator -> generator.iterator();
      case null, default ->
          throw new JinjaException("a " + typeName(value) + " cannot be iterated over");
    };
  }

  List<Object> list(Object value) {
    List<Object> items = new ArrayList<>();
    iterate(value)
        .forEachRemaining(item -> {
          budget.make(1);
          items.add(item);
        });
    return items;
  }

  static long length(Object value) {
    return switch (value) {
      case Undefined _ -> 0;
      case String text -> text.codePointCount(0, text.length());
      case List<?> list -> list.size();
      case Map<?, ?> map -> map.size();
      case DictView view -> view.items().size();
      case null, default -> throw new JinjaException("a " + typeName(value) + " has no length");
    };
  }

  static boolean isNumber(Object value) {
    return value instanceof Long || value instanceof Double || value instanceof Boolean;
  }

  static double real(Object number) {
    return number instanceof Double value ? value : (double) whole(number);
  }

  static long whole(Object number) {
    return number instanceof Boolean flag ? (flag ? 1 : 0) : ((Number) number).longValue();
  }

  private static void requireDivisor(double divisor) {
    if (divisor == 0) {
      throw new JinjaException("division by zero");
    }
  }

  private static JinjaException unsupported(String operator, Object left, Object right) {
    return new JinjaException(
        "'"
            + operator
            + "' does not work between a "
            + typeName(left)
            + " and a "
            + typeName(right));
  }
}
