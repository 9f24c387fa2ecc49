package llava4j.text.jinja;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import llava4j.text.jinja.Node.Args;
import llava4j.text.jinja.Node.Expr;
import llava4j.text.jinja.Token.Kind;

/// Reads expressions, with the precedences of Jinja's `parser.py`.
final class ExpressionParser {
  /// Deeper expressions are refused, because parser and evaluator are recursive.
  private static final int MAX_DEPTH = 200;

  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> ENDS = Set.of("else", "or", "and");

  private final TokenStream stream;
  private final Set<String> names = new HashSet<>();
  private int depth;

  ExpressionParser(TokenStream stream) {
    this.stream = stream;
  }

  /// The names in the expressions so far.
  Set<String> names() {
    return names;
  }

  /// An expression, with its conditional if it has one.
  Expr expression() {
    enter();
    Expr value = or();
    while (stream.skipName("if")) {
      Expr test = or();
      value = new Node.Cond(test, value, stream.skipName("else") ? expression() : null);
    }
    depth--;
    return value;
  }

  /// One expression, or several with commas between them as a tuple.
  ///
  /// @param conditional whether an `if` belongs to the expression
  Expr tuple(boolean conditional, boolean inParentheses) {
    List<Expr> items = new ArrayList<>();
    boolean isTuple = false;
    while (!isTupleEnd()) {
      items.add(conditional ? expression() : or());
      if (!stream.skipOperator(",")) {
        break;
      }
      isTuple = true;
    }
    if (!isTuple && !items.isEmpty()) {
      return items.getFirst();
    }
    if (items.isEmpty() && (!inParentheses || isTuple)) {
      throw stream.unexpected();
    }
    return new Node.TupleOf(items);
  }

  private boolean isTupleEnd() {
    Token token = stream.current();
    return token.kind() == Kind.VARIABLE_END
        || token.kind() == Kind.BLOCK_END
        || token.isOperator(")");
  }

  private Expr or() {
    Expr left = and();
    while (stream.skipName("or")) {
      left = new Node.Or(left, and());
    }
    return left;
  }

  private Expr and() {
    Expr left = not();
    while (stream.skipName("and")) {
      left = new Node.And(left, not());
    }
    return left;
  }

  private Expr not() {
    if (!stream.skipName("not")) {
      return compare();
    }
    enter();
    Expr negated = new Node.Not(not());
    depth--;
    return negated;
  }

  private Expr compare() {
    Expr first = sum();
    List<String> operators = new ArrayList<>();
    List<Expr> operands = new ArrayList<>();
    while (true) {
      Token token = stream.current();
      if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
        operators.add(stream.next().text());
      } else if (stream.skipName("in")) {
        operators.add("in");
      } else if (token.isName("not") && stream.look().isName("in")) {
        stream.next();
        stream.next();
        operators.add("not in");
      } else {
        break;
      }
      operands.add(sum());
    }
    return operators.isEmpty() ? first : new Node.Compare(first, operators, operands);
  }

  private Expr sum() {
    Expr left = concat();
    while (stream.current().isOperator("+") || stream.current().isOperator("-")) {
      left = new Node.Arithmetic(stream.next().text(), left, concat());
    }
    return left;
  }

  private Expr concat() {
    List<Expr> parts = new ArrayList<>(List.of(product()));
    while (stream.skipOperator("~")) {
      parts.add(product());
    }
    return parts.size() == 1 ? parts.getFirst() : new Node.Concat(parts);
  }

  private Expr product() {
    Expr left = power();
    while (stream.current().kind() == Kind.OPERATOR
        && Set.of("*", "/", "//", "%").contains(stream.current().text())) {
      left = new Node.Arithmetic(stream.next().text(), left, power());
    }
    return left;
  }

  private Expr power() {
    Expr left = unary(true);
    while (stream.skipOperator("**")) {
      left = new Node.Arithmetic("**", left, unary(true));
    }
    return left;
  }

  private Expr unary(boolean withFilter) {
    enter();
    Token token = stream.current();
    Expr value =
        token.isOperator("-") || token.isOperator("+")
            ? new Node.Signed(stream.next().text(), unary(false))
            : primary();
    value = postfix(value);
    value = withFilter ? filters(value) : value;
    depth--;
    return value;
  }

  private Expr primary() {
    Token token = stream.current();
    return switch (token.kind()) {
      case NAME -> name(stream.next().text());
      case STRING -> {
        StringBuilder text = new StringBuilder();
        while (stream.current().kind() == Kind.STRING) {
          text.append(stream.next().text());
        }
        yield new Node.Const(text.toString());
      }
      case INTEGER -> new Node.Const(integer(stream.next()));
      case FLOAT -> new Node.Const(Double.valueOf(stream.next().text()));
      case OPERATOR ->
          switch (token.text()) {
            case "(" -> {
              stream.next();
              Expr inner = tuple(true, true);
              stream.expectOperator(")");
              yield inner;
            }
            case "[" -> new Node.ListOf(items("[", "]"));
            case "{" -> dict();
            default -> throw stream.unexpected();
          };
      case DATA, VARIABLE_BEGIN, VARIABLE_END, BLOCK_BEGIN, BLOCK_END, END ->
          throw stream.unexpected();
    };
  }

  private Expr name(String name) {
    return switch (name) {
      case "true", "True" -> new Node.Const(true);
      case "false", "False" -> new Node.Const(false);
      case "none", "None" -> new Node.Const(null);
      default -> {
        names.add(name);
        yield new Node.Name(name);
      }
    };
  }

  private static Long integer(Token token) {
    String digits = token.text();
    try {
      if (digits.length() > 2 && Character.isLetter(digits.charAt(1))) {
        int radix =
            switch (digits.charAt(1)) {
              case 'x', 'X' -> 16;
              case 'o', 'O' -> 8;
              default -> 2;
            };
        return Long.valueOf(digits.substring(2), radix);
      }
      return Long.valueOf(digits);
    } catch (NumberFormatException _) {
      throw new JinjaException("line " + token.line() + ": " + digits + " is too large a number");
    }
  }

  private List<Expr> items(String open, String close) {
    stream.expectOperator(open);
    List<Expr> items = new ArrayList<>();
    while (!stream.current().isOperator(close)) {
      if (!items.isEmpty()) {
        stream.expectOperator(",");
        if (stream.current().isOperator(close)) {
          break;
        }
      }
      items.add(expression());
    }
    stream.expectOperator(close);
    return items;
  }

  private Expr dict() {
    stream.expectOperator("{");
    List<Expr> keys = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (!stream.current().isOperator("}")) {
      if (!keys.isEmpty()) {
        stream.expectOperator(",");
        if (stream.current().isOperator("}")) {
          break;
        }
      }
      keys.add(expression());
      stream.expectOperator(":");
      values.add(expression());
    }
    stream.expectOperator("}");
    return new Node.DictOf(keys, values);
  }

  private Expr postfix(Expr value) {
    Expr whole = value;
    while (true) {
      if (stream.skipOperator(".")) {
        Token attribute = stream.next();
        whole =
            switch (attribute.kind()) {
              case NAME -> new Node.GetAttr(whole, attribute.text());
              case INTEGER -> new Node.GetItem(whole, new Node.Const(integer(attribute)));
              default ->
                  throw new JinjaException(
                      "line " + attribute.line() + ": a name is expected after a dot");
            };
      } else if (stream.current().isOperator("[")) {
        whole = subscript(whole);
      } else if (stream.current().isOperator("(")) {
        whole = new Node.Call(whole, args());
      } else {
        return whole;
      }
    }
  }

  private Expr subscript(Expr target) {
    stream.expectOperator("[");
    List<Expr> indices = new ArrayList<>();
    while (!stream.current().isOperator("]")) {
      if (!indices.isEmpty()) {
        stream.expectOperator(",");
      }
      indices.add(index());
    }
    stream.expectOperator("]");
    return new Node.GetItem(
        target, indices.size() == 1 ? indices.getFirst() : new Node.TupleOf(indices));
  }

  private Expr index() {
    Expr start = stream.current().isOperator(":") ? null : expression();
    if (!stream.skipOperator(":")) {
      return start;
    }
    Expr stop = sliceEnds() || stream.current().isOperator(":") ? null : expression();
    Expr step = stream.skipOperator(":") && !sliceEnds() ? expression() : null;
    return new Node.Slice(start, stop, step);
  }

  private boolean sliceEnds() {
    return stream.current().isOperator("]") || stream.current().isOperator(",");
  }

  private Expr filters(Expr value) {
    Expr whole = value;
    while (true) {
      if (stream.current().isOperator("|")) {
        stream.next();
        whole = filter(whole);
      } else if (stream.current().isName("is")) {
        whole = test(whole);
      } else if (stream.current().isOperator("(")) {
        whole = new Node.Call(whole, args());
      } else {
        return whole;
      }
    }
  }

  /// A filter's name and arguments, and the following filters.
  Expr filterChain(Expr target) {
    Expr whole = filter(target);
    while (stream.skipOperator("|")) {
      whole = filter(whole);
    }
    return whole;
  }

  private Expr filter(Expr target) {
    int line = stream.current().line();
    String name = dottedName();
    return new Node.Filter(
        target, name, stream.current().isOperator("(") ? args() : Args.NONE, line);
  }

  private Expr test(Expr target) {
    int line = stream.next().line();
    boolean negated = stream.skipName("not");
    String name = dottedName();
    Args args = Args.NONE;
    Token token = stream.current();
    if (token.isOperator("(")) {
      args = args();
    } else if (beginsOperand(token)) {
      if (token.isName("is")) {
        throw new JinjaException("line " + line + ": tests cannot be chained with 'is'");
      }
      args = new Args(List.of(postfix(primary())), List.of(), null, null);
    }
    Expr test = new Node.Test(target, name, args, line);
    return negated ? new Node.Not(test) : test;
  }

  private static boolean beginsOperand(Token token) {
    return switch (token.kind()) {
      case NAME -> !ENDS.contains(token.text());
      case STRING, INTEGER, FLOAT -> true;
      case OPERATOR -> token.isOperator("[") || token.isOperator("{");
      case DATA, VARIABLE_BEGIN, VARIABLE_END, BLOCK_BEGIN, BLOCK_END, END -> false;
    };
  }

  private String dottedName() {
    StringBuilder name = new StringBuilder(stream.expect(Kind.NAME).text());
    while (stream.skipOperator(".")) {
      name.append('.').append(stream.expect(Kind.NAME).text());
    }
    return name.toString();
  }

  private Args args() {
    stream.expectOperator("(");
    List<Expr> positional = new ArrayList<>();
    List<Node.Keyword> keywords = new ArrayList<>();
    Expr star = null;
    Expr stars = null;
    boolean first = true;
    while (!stream.current().isOperator(")")) {
      if (!first) {
        stream.expectOperator(",");
        if (stream.current().isOperator(")")) {
          break;
        }
      }
      first = false;
      boolean isKeyword = stream.current().kind() == Kind.NAME && stream.look().isOperator("=");
      if (stars != null || (!isKeyword && star != null && !stream.current().isOperator("**"))) {
        throw stream.unexpected();
      }
      if (stream.skipOperator("*")) {
        star = expression();
      } else if (stream.skipOperator("**")) {
        stars = expression();
      } else if (isKeyword) {
        String name = stream.next().text();
        stream.next();
        keywords.add(new Node.Keyword(name, expression()));
      } else if (keywords.isEmpty()) {
        positional.add(expression());
      } else {
        throw stream.unexpected();
      }
    }
    stream.expectOperator(")");
    return new Args(positional, keywords, star, stars);
  }

  private void enter() {
    if (++depth > MAX_DEPTH) {
      throw new JinjaException(
          "line " + stream.current().line() + ": the expression is nested too deeply");
    }
  }
}
