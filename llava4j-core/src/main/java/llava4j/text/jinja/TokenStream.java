package llava4j.text.jinja;

import java.util.List;
import llava4j.text.jinja.Token.Kind;

/// Tokens, one after the other.
final class TokenStream {
  private final List<Token> tokens;
  private int at;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(at);
  }

  Token look() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = current();
    at = Math.min(at + 1, tokens.size() - 1);
    return token;
  }

  boolean skipName(String name) {
    boolean found = current().isName(name);
    if (found) {
      next();
    }
    return found;
  }

  boolean skipOperator(String operator) {
    boolean found = current().isOperator(operator);
    if (found) {
      next();
    }
    return found;
  }

  Token expect(Kind kind) {
    if (current().kind() != kind) {
      throw unexpected();
    }
    return next();
  }

  void expectName(String name) {
    if (!skipName(name)) {
      throw unexpected();
    }
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw unexpected();
    }
  }

  JinjaException unexpected() {
    Token token = current();
    String what =
        switch (token.kind()) {
          case END -> "the template ends too early";
          case BLOCK_END, VARIABLE_END -> "a tag ends too early";
          case DATA -> "text stands where a tag is expected";
          case VARIABLE_BEGIN, BLOCK_BEGIN, NAME, STRING, INTEGER, FLOAT, OPERATOR ->
              "unexpected '" + token.text() + "'";
        };
    return new JinjaException("line " + token.line() + ": " + what);
  }
}
