package llava4j.text.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llava4j.text.jinja.Node.Expr;
import llava4j.text.jinja.Node.Stmt;
import llava4j.text.jinja.Node.Target;

/// Runs the statements of one rendering.
final class Renderer {
  private final Budget budget;
  private final Evaluator evaluator;

  /// How a body continues.
  private enum Flow {
    ON,
    BREAK,
    CONTINUE
  }

  Renderer(Budget budget) {
    this.budget = budget;
    this.evaluator = new Evaluator(budget);
  }

  /// The text of a body in a scope.
  String text(List<Stmt> body, Scope scope) {
    StringBuilder out = new StringBuilder();
    run(body, scope, out);
    return out.toString();
  }

  Object value(Expr expr, Scope scope) {
    return evaluator.value(expr, scope);
  }

  private Flow run(List<Stmt> body, Scope scope, StringBuilder out) {
    for (Stmt statement : body) {
      Flow flow = run(statement, scope, out);
      if (flow != Flow.ON) {
        return flow;
      }
    }
    return Flow.ON;
  }

  private Flow run(Stmt statement, Scope scope, StringBuilder out) {
    budget.step();
    switch (statement) {
      case Node.Data(String text) -> append(out, text);
      case Node.Output(Expr expr) -> append(out, PythonText.of(value(expr, scope)));
      case Node.If condition -> {
        return run(branch(condition, scope), scope, out);
      }
      case Node.For loop -> loop(loop, value(loop.items(), scope), 0, scope, out);
      case Node.Assign(Target target, Expr expr) -> assign(target, value(expr, scope), scope);
      case Node.AssignBlock(Target target, Expr filter, List<Stmt> body) ->
          assign(target, evaluator.filtered(filter, text(body, new Scope(scope)), scope), scope);
      case Node.FilterBlock(Expr filter, List<Stmt> body) ->
          append(
              out, PythonText.of(evaluator.filtered(filter, text(body, new Scope(scope)), scope)));
      case Node.With with -> {
        Scope inner = new Scope(scope);
        for (int i = 0; i < with.targets().size(); i++) {
          assign(with.targets().get(i), value(with.values().get(i), scope), inner);
        }
        return run(with.body(), inner, out);
      }
      case Node.MacroDefinition(String name, Node.Signature signature, List<Stmt> body) ->
          scope.set(name, new Macro(name, signature, body, scope, this));
      case Node.CallBlock block -> append(out, PythonText.of(call(block, scope)));
      case Node.Scoped(List<Stmt> body) -> {
        return run(body, new Scope(scope), out);
      }
      case Node.Break _ -> {
        return Flow.BREAK;
      }
      case Node.Continue _ -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.ON;
  }

  private List<Stmt> branch(Node.If condition, Scope scope) {
    for (int i = 0; i < condition.tests().size(); i++) {
      if (Operators.truth(value(condition.tests().get(i), scope))) {
        return condition.bodies().get(i);
      }
    }
    return condition.otherwise();
  }

  private void loop(Node.For loop, Object items, int depth, Scope scope, StringBuilder out) {
    List<Object> kept = new ArrayList<>();
    Iterator<Object> all = Operators.iterate(items);
    while (all.hasNext()) {
      Object item = all.next();
      budget.make(1);
      if (loop.filter() == null || passes(loop, item, scope)) {
        kept.add(item);
      }
    }
    Loop state =
        new Loop(
            kept,
            depth,
            loop.recursive()
                ? deeper -> {
                  StringBuilder inner = new StringBuilder();
                  loop(loop, deeper, depth + 1, scope, inner);
                  return inner.toString();
                }
                : null);
    for (int i = 0; i < kept.size(); i++) {
      state.moveTo(i);
      Scope inner = new Scope(scope);
      inner.set("loop", state);
      assign(loop.target(), kept.get(i), inner);
      if (run(loop.body(), inner, out) == Flow.BREAK) {
        break;
      }
    }
    if (kept.isEmpty()) {
      run(loop.otherwise(), new Scope(scope), out);
    }
  }

  private boolean passes(Node.For loop, Object item, Scope scope) {
    Scope inner = new Scope(scope);
    assign(loop.target(), item, inner);
    return Operators.truth(value(loop.filter(), inner));
  }

  private Object call(Node.CallBlock block, Scope scope) {
    Arguments given = evaluator.arguments(block.call().args(), scope);
    Map<String, Object> keywords = new LinkedHashMap<>(given.keywords());
    keywords.put("caller", new Macro("caller", block.signature(), block.body(), scope, this));
    return evaluator.call(
        value(block.call().target(), scope), new Arguments(given.positional(), keywords));
  }

  private void assign(Target target, Object value, Scope scope) {
    switch (target) {
      case Node.NameTarget(String name) -> scope.set(name, value);
      case Node.NamespaceTarget(String name, String attribute) -> {
        if (!(scope.get(name) instanceof Namespace namespace)) {
          throw new JinjaException(
              "'" + name + "." + attribute + "' is set, but '" + name + "' is not a namespace");
        }
        namespace.values().put(attribute, value);
      }
      case Node.TupleTarget(List<Target> targets) -> {
        List<Object> values = evaluator.operators().list(value);
        if (values.size() != targets.size()) {
          throw new JinjaException(
              values.size() + " values are assigned to " + targets.size() + " names");
        }
        for (int i = 0; i < values.size(); i++) {
          assign(targets.get(i), values.get(i), scope);
        }
      }
    }
  }

  private void append(StringBuilder out, String text) {
    out.append(text);
    budget.require(out.length());
  }
}
