package llava4j.text.jinja;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import llava4j.text.jinja.Node.Expr;
import llava4j.text.jinja.Node.Signature;
import llava4j.text.jinja.Node.Stmt;
import llava4j.text.jinja.Node.Target;
import llava4j.text.jinja.Token.Kind;

/// Parses a template (Jinja's `parser.py` with loop controls and transformers' `generation` tag).
/// Tags that read other files are refused, because a chat template is a single text.
final class Parser {
  private static final int MAX_DEPTH = 100;

  private final TokenStream stream;
  private final ExpressionParser expressions;
  private int depth;
  private int loops;

  Parser(String template) {
    this.stream = new TokenStream(new Lexer(template).tokens());
    this.expressions = new ExpressionParser(stream);
  }

  List<Stmt> template() {
    List<Stmt> body = statements(Set.of());
    stream.expect(Kind.END);
    return body;
  }

  /// Statements up to a tag with one of these names, which is not consumed; up to the end of the
  /// template if there are no names.
  private List<Stmt> statements(Set<String> ends) {
    if (++depth > MAX_DEPTH) {
      throw new JinjaException(
          "line " + stream.current().line() + ": blocks are nested too deeply");
    }
    List<Stmt> body = new ArrayList<>();
    while (stream.current().kind() != Kind.END) {
      Token token = stream.next();
      switch (token.kind()) {
        case DATA -> body.add(new Node.Data(token.text()));
        case VARIABLE_BEGIN -> {
          body.add(new Node.Output(expressions.tuple(true, false)));
          stream.expect(Kind.VARIABLE_END);
        }
        case BLOCK_BEGIN -> {
          if (ends.contains(stream.current().text())) {
            depth--;
            return body;
          }
          statement(body);
          stream.expect(Kind.BLOCK_END);
        }
        case VARIABLE_END, BLOCK_END, NAME, STRING, INTEGER, FLOAT, OPERATOR, END ->
            throw stream.unexpected();
      }
    }
    depth--;
    if (!ends.isEmpty()) {
      throw new JinjaException(
          "line "
              + stream.current().line()
              + ": the template ends without "
              + String.join(" or ", ends));
    }
    return body;
  }

  /// The body of a block, after its opening tag. Consumes the name of its end tag.
  private List<Stmt> body(String end) {
    List<Stmt> body = bodyTo(Set.of(end));
    stream.next();
    return body;
  }

  private List<Stmt> bodyTo(Set<String> ends) {
    stream.skipOperator(":");
    stream.expect(Kind.BLOCK_END);
    return statements(ends);
  }

  private void statement(List<Stmt> body) {
    Token tag = stream.expect(Kind.NAME);
    switch (tag.text()) {
      case "for" -> body.add(loop());
      case "if" -> body.add(condition());
      case "set" -> body.add(assignment());
      case "with" -> body.add(with());
      case "macro" -> body.add(macro());
      case "call" -> body.add(call(tag));
      case "filter" -> {
        Expr filter = expressions.filterChain(null);
        body.add(new Node.FilterBlock(filter, body("endfilter")));
      }
      case "generation" -> body.add(new Node.Scoped(body("endgeneration")));
      case "print" -> {
        while (stream.current().kind() != Kind.BLOCK_END) {
          body.add(new Node.Output(expressions.expression()));
          stream.skipOperator(",");
        }
      }
      case "block" -> {
        String name = stream.expect(Kind.NAME).text();
        stream.skipName("scoped");
        body.add(new Node.Scoped(body("endblock")));
        stream.skipName(name);
      }
      case "autoescape" -> {
        Expr on = expressions.expression();
        if (!(on instanceof Node.Const(Object value)) || !Boolean.FALSE.equals(value)) {
          throw unsupported(tag);
        }
        body.add(new Node.Scoped(body("endautoescape")));
      }
      case "break" -> body.add(inLoop(tag, new Node.Break()));
      case "continue" -> body.add(inLoop(tag, new Node.Continue()));
      case "include", "import", "from", "extends" -> throw unsupported(tag);
      default ->
          throw new JinjaException("line " + tag.line() + ": unknown tag '" + tag.text() + "'");
    }
  }

  private static JinjaException unsupported(Token tag) {
    return new JinjaException(
        "line " + tag.line() + ": '" + tag.text() + "' is not allowed in a chat template");
  }

  private Stmt inLoop(Token tag, Stmt statement) {
    if (loops == 0) {
      throw new JinjaException("line " + tag.line() + ": '" + tag.text() + "' outside of a loop");
    }
    return statement;
  }

  private Stmt loop() {
    Target target = target(false);
    stream.expectName("in");
    Expr items = expressions.tuple(false, false);
    Expr filter = stream.skipName("if") ? expressions.expression() : null;
    boolean recursive = stream.skipName("recursive");
    loops++;
    List<Stmt> body = bodyTo(Set.of("endfor", "else"));
    loops--;
    List<Stmt> otherwise = stream.next().isName("else") ? body("endfor") : List.of();
    return new Node.For(target, items, filter, recursive, body, otherwise);
  }

  private Stmt condition() {
    List<Expr> tests = new ArrayList<>();
    List<List<Stmt>> bodies = new ArrayList<>();
    while (true) {
      tests.add(expressions.tuple(false, false));
      bodies.add(bodyTo(Set.of("elif", "else", "endif")));
      Token end = stream.next();
      if (!end.isName("elif")) {
        return new Node.If(tests, bodies, end.isName("else") ? body("endif") : List.of());
      }
    }
  }

  private Stmt assignment() {
    Target target = target(true);
    if (stream.skipOperator("=")) {
      return new Node.Assign(target, expressions.tuple(true, false));
    }
    Expr filter = stream.skipOperator("|") ? expressions.filterChain(null) : null;
    return new Node.AssignBlock(target, filter, body("endset"));
  }

  private Stmt with() {
    List<Target> targets = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (stream.current().kind() != Kind.BLOCK_END) {
      if (!targets.isEmpty()) {
        stream.expectOperator(",");
      }
      targets.add(target(false));
      stream.expectOperator("=");
      values.add(expressions.expression());
    }
    return new Node.With(targets, values, body("endwith"));
  }

  private Stmt macro() {
    String name = stream.expect(Kind.NAME).text();
    return withBody(
        signature(),
        "endmacro",
        (signature, body) -> new Node.MacroDefinition(name, signature, body));
  }

  private Stmt call(Token tag) {
    boolean hasSignature = stream.current().isOperator("(");
    Signature given = hasSignature ? signature() : new Signature(List.of(), List.of(), Set.of());
    if (!(expressions.expression() instanceof Node.Call target)) {
      throw new JinjaException("line " + tag.line() + ": 'call' needs a call");
    }
    return withBody(
        given, "endcall", (signature, body) -> new Node.CallBlock(target, signature, body));
  }

  private interface Definition {
    Stmt of(Signature signature, List<Stmt> body);
  }

  private Stmt withBody(Signature given, String end, Definition definition) {
    Set<String> before = new HashSet<>(expressions.names());
    expressions.names().clear();
    int outerLoops = loops;
    loops = 0;
    List<Stmt> body = body(end);
    loops = outerLoops;
    Set<String> used = Set.copyOf(expressions.names());
    expressions.names().addAll(before);
    return definition.of(new Signature(given.parameters(), given.defaults(), used), body);
  }

  private Signature signature() {
    stream.expectOperator("(");
    List<String> parameters = new ArrayList<>();
    List<Expr> defaults = new ArrayList<>();
    while (!stream.current().isOperator(")")) {
      if (!parameters.isEmpty()) {
        stream.expectOperator(",");
      }
      parameters.add(stream.expect(Kind.NAME).text());
      if (stream.skipOperator("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw stream.unexpected();
      }
    }
    stream.expectOperator(")");
    return new Signature(parameters, defaults, Set.of());
  }

  private Target target(boolean namespaces) {
    List<Target> targets = new ArrayList<>();
    boolean isTuple = false;
    while ((stream.current().kind() == Kind.NAME && !stream.current().isName("in"))
        || stream.current().isOperator("(")) {
      targets.add(oneTarget(namespaces));
      if (!stream.skipOperator(",")) {
        break;
      }
      isTuple = true;
    }
    if (targets.isEmpty()) {
      throw stream.unexpected();
    }
    return isTuple ? new Node.TupleTarget(targets) : targets.getFirst();
  }

  private Target oneTarget(boolean namespaces) {
    if (stream.skipOperator("(")) {
      Target inner = target(namespaces);
      stream.expectOperator(")");
      return inner;
    }
    String name = stream.expect(Kind.NAME).text();
    return namespaces && stream.skipOperator(".")
        ? new Node.NamespaceTarget(name, stream.expect(Kind.NAME).text())
        : new Node.NameTarget(name);
  }
}
