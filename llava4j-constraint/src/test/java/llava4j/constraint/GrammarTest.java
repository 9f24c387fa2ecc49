package llava4j.constraint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import llava4j.constraint.limit.ConstraintException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Grammars in GBNF.
class GrammarTest {
  private static final String JSON =
      """
      # as llama.cpp's own example
      root   ::= object
      value  ::= object | array | string | number | ("true" | "false" | "null") ws
      object ::=
        "{" ws (
                  string ":" ws value
          ("," ws string ":" ws value)*
        )? "}" ws
      array  ::=
        "[" ws (
                  value
          ("," ws value)*
        )? "]" ws
      string ::=
        "\\"" (
          [^"\\\\\\x7F\\x00-\\x1F] |
          "\\\\" (["\\\\bfnrt] | "u" [0-9a-fA-F]{4}) # escapes
        )* "\\"" ws
      number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
      ws ::= | " " | "\\n" [ \\t]{0,20}
      """;

  @Test
  void jsonAsLlamaCppWritesIt() {
    Constraint constraint = Constraint.grammar(JSON);
    assertThat(
            Vocabulary.allows(
                constraint, "{\"a\": [1, {\"b\": \"x\\n\\u00e9\u00e9\"}], \"c\": -1.5e3}"))
        .isTrue();
    assertThat(Vocabulary.allows(constraint, "[1]")).isFalse();
    assertThat(Vocabulary.allows(constraint, "{\"a\": [1, ]}")).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "root ::= 'a' root 'b' | 'c'; aacbb; aacb",
        "root ::= x y\\nx ::= 'a'+\\ny ::= 'b'?; aab; b",
        "root ::= ('a' | 'b'){2,3}; aba; abab",
        "root ::= 'a'{2} 'b'{1,}; aabb; aa",
        "root ::= [^a-c] .; dx; ax",
        "root ::= [a-c-]* 'z'; a-bz; dz",
        "root ::= item*\\nitem ::= 'x' item 'y' | 'z'; xzyz; xz",
        "root ::= '' | 'a' root; aaa; aab",
        "root ::= 'a'\\n | 'b'; b; ab",
        "root ::= [\\\\x41-\\\\x43] '\\\\u00e9'; B\u00e9; De",
      })
  void textsOfGrammars(String grammar, String right, String wrong) {
    Constraint constraint =
        Constraint.grammar(
            grammar
                .replace("''", "\"\"")
                .replace("'", "\"")
                .replace("\\n", "\n")
                .replace("\\\\", "\\"));
    assertThat(Vocabulary.allows(constraint, right)).isTrue();
    assertThat(Vocabulary.allows(constraint, wrong)).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "start ::= \"a\"; no rule 'root'",
        "root ::= other; uses 'other', which is not defined",
        "root ::= root \"a\" | \"b\"; begins with itself",
        "root ::= x\\nx ::= y\\ny ::= x? \"b\"; begins with itself",
        "root ::= \"a\" root; no text that ever ends",
        "root ::= \"a; line 1 of the grammar has something without its end",
        "root ::= (\"a\"; line 1 of the grammar has a '(' without its ')'",
        "root ::= \"a\"{3,2}; a repetition that is not like",
        "root ::= \"a\"\\nroot ::= \"b\"; line 2 of the grammar has the rule 'root' a second time",
        "root ::= \"\\q\"; the escape",
        "root ::= %; begins nothing",
        "root; no rule",
      })
  void mistakesAreNamed(String grammar, String message) {
    assertThatThrownBy(() -> Constraint.grammar(grammar.replace("\\n", "\n")))
        .isInstanceOf(ConstraintException.class)
        .hasMessageContaining(message);
  }

  /// Written out, this would be a text of 2 to the power of 30.
  @Test
  void rulesThatDoubleEachOtherAreNotWrittenOut() {
    ConstraintState state = Constraint.grammar(doubling("\"a\"")).start(Vocabulary.trie());
    for (int i = 0; i < 100; i++) {
      assertThat(Vocabulary.ids(state.allowed())).contains(1 + 'a').doesNotContain(Vocabulary.END);
      state.accept(1 + 'a');
    }
  }

  @Test
  void tooManyWaysEndAtALimit() {
    Constraint constraint = Constraint.grammar(doubling("\"a\"?"));
    assertThatThrownBy(() -> Vocabulary.allows(constraint, "aaaa"))
        .isInstanceOf(ConstraintException.class)
        .hasMessageContaining("at one place of the text");
  }

  private static String doubling(String last) {
    StringBuilder grammar = new StringBuilder("root ::= r0\n");
    for (int i = 0; i < 30; i++) {
      String next = "r" + (i + 1);
      grammar
          .append("r")
          .append(i)
          .append(" ::= ")
          .append(next)
          .append(" ")
          .append(next)
          .append("\n");
    }
    return grammar.append("r30 ::= ").append(last).append("\n").toString();
  }
}
