package llava4j.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llava4j.text.jinja.Node.Args;
import llava4j.text.jinja.Node.Expr;

/// Evaluates expressions.
final class Evaluator {
  private final Budget budget;
  private final Operators operators;
  private final Attributes attributes;
  private final Filters filters;
  private final Tests tests;
  private int depth;

  Evaluator(Budget budget) {
    this.budget = budget;
    this.operators = new Operators(budget);
    this.attributes = new Attributes(budget);
    this.tests = new Tests(operators);
    this.filters = new Filters(budget, operators, attributes, tests);
  }

  Operators operators() {
    return operators;
  }

  Object value(Expr expr, Scope scope) {
    budget.step();
    return switch (expr) {
      case Node.Const(Object value) -> value;
      case Node.Name(String name) -> scope.get(name);
      case Node.TupleOf(List<Expr> items) -> new Tuple(values(items, scope));
      case Node.ListOf(List<Expr> items) -> values(items, scope);
      case Node.DictOf(List<Expr> keys, List<Expr> values) -> dict(keys, values, scope);
      case Node.Signed(String operator, Expr operand) ->
          operators.signed(operator, value(operand, scope));
      case Node.Not(Expr operand) -> !Operators.truth(value(operand, scope));
      case Node.Arithmetic(String operator, Expr left, Expr right) ->
          operators.arithmetic(operator, value(left, scope), value(right, scope));
      case Node.Concat(List<Expr> parts) -> concat(parts, scope);
      case Node.Compare compare -> compare(compare, scope);
      case Node.And(Expr left, Expr right) -> {
        Object first = value(left, scope);
        yield Operators.truth(first) ? value(right, scope) : first;
      }
      case Node.Or(Expr left, Expr right) -> {
        Object first = value(left, scope);
        yield Operators.truth(first) ? first : value(right, scope);
      }
      case Node.Cond(Expr test, Expr then, Expr otherwise) -> {
        if (Operators.truth(value(test, scope))) {
          yield value(then, scope);
        }
        yield otherwise == null
            ? new Undefined("the inline if-expression evaluated to false and has no else")
            : value(otherwise, scope);
      }
      case Node.GetAttr(Expr target, String name) ->
          attributes.attribute(value(target, scope), name);
      case Node.GetItem(Expr target, Node.Slice slice) ->
          attributes.slice(
              value(target, scope),
              part(slice.start(), scope),
              part(slice.stop(), scope),
              part(slice.step(), scope));
      case Node.GetItem(Expr target, Expr index) ->
          attributes.item(value(target, scope), value(index, scope));
      case Node.Slice _ -> throw new JinjaException("a slice is only allowed in brackets");
      case Node.Call(Expr target, Args args) -> call(value(target, scope), arguments(args, scope));
      case Node.Filter(Expr target, String name, Args args, int line) ->
          filtered(value(target, scope), name, args, line, scope);
      case Node.Test(Expr target, String name, Args args, int line) ->
          tests.apply(name, value(target, scope), arguments(args, scope), line);
    };
  }

  /// The value after a chain of filters whose innermost target is missing.
  Object filtered(Expr chain, Object innermost, Scope scope) {
    if (!(chain instanceof Node.Filter(Expr target, String name, Args args, int line))) {
      return innermost;
    }
    return filtered(filtered(target, innermost, scope), name, args, line, scope);
  }

  private Object filtered(Object target, String name, Args args, int line, Scope scope) {
    return filters.apply(name, target, arguments(args, scope), line);
  }

  Object call(Object target, Arguments arguments) {
    if (target instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (!(target instanceof Callee callee)) {
      throw new JinjaException("a " + Operators.typeName(target) + " cannot be called");
    }
    if (++depth > budget.maxDepth()) {
      throw new JinjaException("it calls itself more than " + budget.maxDepth() + " times");
    }
    Object result = callee.call(arguments);
    depth--;
    return result;
  }

  Arguments arguments(Args args, Scope scope) {
    if (args.equals(Args.NONE)) {
      return Arguments.of();
    }
    List<Object> positional = values(args.positional(), scope);
    if (args.star() != null) {
      positional.addAll(operators.list(value(args.star(), scope)));
    }
    Map<String, Object> keywords = new LinkedHashMap<>();
    for (Node.Keyword keyword : args.keywords()) {
      keywords.put(keyword.name(), value(keyword.value(), scope));
    }
    if (args.stars() != null) {
      if (!(value(args.stars(), scope) instanceof Map<?, ?> more)) {
        throw new JinjaException("'**' needs a dictionary");
      }
      more.forEach((name, value) -> keywords.put(PythonText.of(name), value));
    }
    return new Arguments(positional, keywords);
  }

  private List<Object> values(List<Expr> items, Scope scope) {
    List<Object> values = new ArrayList<>();
    for (Expr item : items) {
      values.add(value(item, scope));
    }
    budget.make(values.size());
    return values;
  }

  private Object part(Expr part, Scope scope) {
    return part == null ? null : value(part, scope);
  }

  private Map<Object, Object> dict(List<Expr> keys, List<Expr> values, Scope scope) {
    Map<Object, Object> dict = new LinkedHashMap<>();
    for (int i = 0; i < keys.size(); i++) {
      Object key = Operators.key(value(keys.get(i), scope));
      dict.put(key, value(values.get(i), scope));
    }
    return dict;
  }

  private String concat(List<Expr> parts, Scope scope) {
    StringBuilder text = new StringBuilder();
    for (Expr part : parts) {
      text.append(PythonText.of(value(part, scope)));
      budget.require(text.length());
    }
    return budget.made(text.toString());
  }

  private boolean compare(Node.Compare compare, Scope scope) {
    Object left = value(compare.first(), scope);
    for (int i = 0; i < compare.operators().size(); i++) {
      Object right = value(compare.operands().get(i), scope);
      String operator = compare.operators().get(i);
      boolean ordering = operator.startsWith("<") || operator.startsWith(">");
      if (ordering && left instanceof Undefined undefined) {
        throw undefined.error();
      }
      if (ordering && right instanceof Undefined undefined) {
        throw undefined.error();
      }
      if (!operators.compare(operator, left, right)) {
        return false;
      }
      left = right;
    }
    return true;
  }
}
