package llava4j.text.jinja;

import java.util.List;
import java.util.Set;

/// The syntax tree of a template.
final class Node {
  private Node() {}

  /// Expressions.
  sealed interface Expr {}

  record Const(Object value) implements Expr {}

  record Name(String name) implements Expr {}

  record TupleOf(List<Expr> items) implements Expr {}

  record ListOf(List<Expr> items) implements Expr {}

  record DictOf(List<Expr> keys, List<Expr> values) implements Expr {}

  /// @param operator `-` or `+`
  record Signed(String operator, Expr operand) implements Expr {}

  record Not(Expr operand) implements Expr {}

  record Arithmetic(String operator, Expr left, Expr right) implements Expr {}

  record Concat(List<Expr> parts) implements Expr {}

  /// A chain such as `a < b <= c`; `operators.get(i)` is before `operands.get(i)`.
  record Compare(Expr first, List<String> operators, List<Expr> operands) implements Expr {}

  record And(Expr left, Expr right) implements Expr {}

  record Or(Expr left, Expr right) implements Expr {}

  /// @param otherwise null if there is no `else`
  record Cond(Expr test, Expr then, Expr otherwise) implements Expr {}

  record GetAttr(Expr target, String name) implements Expr {}

  record GetItem(Expr target, Expr index) implements Expr {}

  /// Parts may be null.
  record Slice(Expr start, Expr stop, Expr step) implements Expr {}

  record Call(Expr target, Args args) implements Expr {}

  /// @param target null in a filter block
  record Filter(Expr target, String name, Args args, int line) implements Expr {}

  record Test(Expr target, String name, Args args, int line) implements Expr {}

  /// @param star after `*`, or null
  /// @param stars after `**`, or null
  record Args(List<Expr> positional, List<Keyword> keywords, Expr star, Expr stars) {
    static final Args NONE = new Args(List.of(), List.of(), null, null);
  }

  record Keyword(String name, Expr value) {}

  /// Targets of an assignment.
  sealed interface Target {}

  record NameTarget(String name) implements Target {}

  record NamespaceTarget(String name, String attribute) implements Target {}

  record TupleTarget(List<Target> items) implements Target {}

  /// Statements.
  sealed interface Stmt {}

  record Data(String text) implements Stmt {}

  record Output(Expr value) implements Stmt {}

  /// @param filter null if there is no `if`
  record For(
      Target target,
      Expr items,
      Expr filter,
      boolean recursive,
      List<Stmt> body,
      List<Stmt> otherwise)
      implements Stmt {}

  record If(List<Expr> tests, List<List<Stmt>> bodies, List<Stmt> otherwise) implements Stmt {}

  record With(List<Target> targets, List<Expr> values, List<Stmt> body) implements Stmt {}

  record Assign(Target target, Expr value) implements Stmt {}

  /// @param filter applied to the rendered body, or null
  record AssignBlock(Target target, Expr filter, List<Stmt> body) implements Stmt {}

  record FilterBlock(Expr filter, List<Stmt> body) implements Stmt {}

  record MacroDefinition(String name, Signature signature, List<Stmt> body) implements Stmt {}

  record CallBlock(Call call, Signature signature, List<Stmt> body) implements Stmt {}

  /// A body with names of its own (`generation`, `block`).
  record Scoped(List<Stmt> body) implements Stmt {}

  record Break() implements Stmt {}

  record Continue() implements Stmt {}

  /// @param defaults of the last parameters
  /// @param used names in the body, which determine whether `varargs`, `kwargs` and `caller` are
  ///   accepted
  record Signature(List<String> parameters, List<Expr> defaults, Set<String> used) {}
}
