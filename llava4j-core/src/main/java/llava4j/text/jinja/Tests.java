package llava4j.text.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The tests behind `is`.
final class Tests {
  private final Operators operators;

  Tests(Operators operators) {
    this.operators = operators;
  }

  /// Whether a value passes a test.
  boolean apply(String name, Object value, Arguments arguments, int line) {
    return switch (name) {
      case "divisibleby" -> {
        Object rest = operators.arithmetic("%", value, one(name, arguments));
        yield Operators.equal(rest, 0L);
      }
      case "eq", "equalto", "==" -> Operators.equal(value, one(name, arguments));
      case "ne", "!=" -> !Operators.equal(value, one(name, arguments));
      case "lt", "lessthan", "<" -> ordered("<", value, one(name, arguments));
      case "le", "<=" -> ordered("<=", value, one(name, arguments));
      case "gt", "greaterthan", ">" -> ordered(">", value, one(name, arguments));
      case "ge", ">=" -> ordered(">=", value, one(name, arguments));
      case "in" -> operators.contains(one(name, arguments), value);
      case "sameas" -> {
        Object other = one(name, arguments);
        boolean small =
            value instanceof Long || value instanceof Boolean || value instanceof String;
        yield Operators.isSame(value, other) || (small && value.equals(other));
      }
      default -> {
        arguments.bind(name, 0);
        yield property(name, value, line);
      }
    };
  }

  private boolean property(String name, Object value, int line) {
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value == null;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "boolean" -> value instanceof Boolean;
      case "string" -> value instanceof String;
      case "number" -> Operators.isNumber(value);
      case "integer" -> value instanceof Long;
      case "float" -> value instanceof Double;
      case "mapping" -> value instanceof Map;
      case "sequence" ->
          value instanceof String
              || value instanceof List
              || value instanceof Map
              || value instanceof Undefined;
      case "iterable" ->
          value instanceof String
              || value instanceof Iterable
              || value instanceof Map
              || value instanceof DictView
              || value instanceof Undefined;
      case "callable" -> value instanceof Callee || value instanceof Undefined;
      case "odd" -> Operators.equal(operators.arithmetic("%", value, 2L), 1L);
      case "even" -> Operators.equal(operators.arithmetic("%", value, 2L), 0L);
      case "lower" -> {
        String text = PythonText.of(value);
        yield isCased(text) && text.equals(text.toLowerCase(Locale.ROOT));
      }
      case "upper" -> {
        String text = PythonText.of(value);
        yield isCased(text) && text.equals(text.toUpperCase(Locale.ROOT));
      }
      case "filter" -> Filters.isFilter(PythonText.of(value));
      case "test" -> isTest(PythonText.of(value));
      case "escaped" -> false;
      default -> throw new JinjaException("line " + line + ": there is no test '" + name + "'");
    };
  }

  private boolean isTest(String name) {
    try {
      property(name, null, 0);
      return true;
    } catch (JinjaException _) {
      return List.of(
              "divisibleby",
              "eq",
              "equalto",
              "==",
              "ne",
              "!=",
              "lt",
              "lessthan",
              "<",
              "le",
              "<=",
              "gt",
              "greaterthan",
              ">",
              "ge",
              ">=",
              "in",
              "sameas",
              "odd",
              "even")
          .contains(name);
    }
  }

  private static boolean isCased(String text) {
    return text.codePoints()
        .anyMatch(code -> Character.isUpperCase(code) || Character.isLowerCase(code));
  }

  private static Object one(String name, Arguments arguments) {
    return arguments.bind(name, 1, "other").get(0);
  }

  private boolean ordered(String operator, Object left, Object right) {
    if (left instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (right instanceof Undefined undefined) {
      throw undefined.error();
    }
    return operators.compare(operator, left, right);
  }
}
