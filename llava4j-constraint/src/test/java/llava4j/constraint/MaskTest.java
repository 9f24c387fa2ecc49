package llava4j.constraint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import llava4j.constraint.limit.ConstraintException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Masks: what they say, and what [ConstraintState] does with it.
class MaskTest {

  static Stream<Constraint> constraints() {
    return Stream.of(
        Constraint.jsonObject(),
        Constraint.jsonSchema("true"),
        Constraint.jsonSchema(
            """
            {"type":"object","properties":{"name":{"type":"string","maxLength":5},
             "a":{"enum":["ab","abc",12,null]},"t":{"type":"array","items":{"type":"number"}}},
             "required":["name"],"additionalProperties":{"type":"string","pattern":"^[a-c\u00e9]+$"}}
            """),
        Constraint.jsonSchema(
            "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":2,\"maxLength\":60}}"),
        Constraint.regex("(a|ab)(c|bcd)*\u20ac?x{2,3}"),
        Constraint.choice(List.of("true", "tru", "the end", "\u00e9t\u00e9")),
        Constraint.grammar(
            "root ::= \"[\" item (\", \" item)* \"]\"\nitem ::= root | [0-9]+ | \"\u20ac\""));
  }

  /// Each bit is compared with reading the token's bytes.
  @ParameterizedTest
  @MethodSource("constraints")
  void aTokenIsAllowedIfItsBytesAre(Constraint constraint) {
    Random random = new Random(5);
    for (int text = 0; text < 15; text++) {
      ConstraintState state = constraint.start(Vocabulary.trie());
      for (int i = 0; i < 25 && !state.mustEnd(); i++) {
        List<Integer> allowed = Vocabulary.ids(state.allowed());
        assertThat(allowed).isEqualTo(acceptable(state));
        List<Integer> tokens = allowed.stream().filter(id -> id != Vocabulary.END).toList();
        state.accept(tokens.get(random.nextInt(tokens.size())));
      }
    }
  }

  private static List<Integer> acceptable(ConstraintState state) {
    return IntStream.range(0, Vocabulary.trie().size())
        .filter(id -> {
          try {
            state.copy().accept(id);
            return true;
          } catch (ConstraintException e) {
            return false;
          }
        })
        .boxed()
        .toList();
  }

  @Test
  void aCharacterMayBeSplitOverTokens() {
    Constraint constraint = Constraint.choice(List.of("\u20ac!", "\u20ad"));
    ConstraintState state = constraint.start(Vocabulary.trie());
    state.accept(1 + 0xE2);
    assertThat(Vocabulary.ids(state.allowed())).containsExactly(1 + 0x82);
    state.accept(1 + 0x82);
    assertThat(Vocabulary.ids(state.allowed())).containsExactly(1 + 0xAC, 1 + 0xAD);
    state.accept(1 + 0xAC);
    assertThat(state.forced()).contains("!");
  }

  @Test
  void malformedUtf8IsNeverAllowed() {
    ConstraintState state = Constraint.jsonSchema("{\"type\":\"string\"}").start(Vocabulary.trie());
    state.accept(1 + '"');
    assertThat(Vocabulary.ids(state.allowed()))
        .doesNotContain(1 + 0x80, 1 + 0xC0, 1 + 0xC1, 1 + 0xF5, 1 + 0xFF, 1 + '\n');
    state.accept(1 + 0xED);
    assertThat(Vocabulary.ids(state.allowed())).contains(1 + 0x9F).doesNotContain(1 + 0xA0);
  }

  @Test
  void theEndIsAllowedOnlyWhereTheTextMayEnd() {
    ConstraintState state = Constraint.regex("ab?").start(Vocabulary.trie());
    assertThat(state.mayEnd()).isFalse();
    assertThatThrownBy(() -> state.accept(Vocabulary.END))
        .isInstanceOf(ConstraintException.class)
        .hasMessageContaining("not allowed");
    state.accept(1 + 'a');
    assertThat(state.mayEnd()).isTrue();
    assertThat(state.mustEnd()).isFalse();
    ConstraintState other = state.copy();
    state.accept(1 + 'b');
    assertThat(state.mustEnd()).isTrue();
    assertThat(Vocabulary.ids(state.allowed())).containsExactly(Vocabulary.END);
    state.accept(Vocabulary.END);
    assertThat(Vocabulary.ids(state.allowed())).isEmpty();
    assertThat(other.mustEnd()).isFalse();
  }

  @Test
  void aWrongTokenLeavesTheStateAsItWas() {
    ConstraintState state = Constraint.choice(List.of("abc")).start(Vocabulary.trie());
    state.accept(1 + 'a');
    assertThatThrownBy(() -> state.accept(1 + 'x')).isInstanceOf(ConstraintException.class);
    assertThatThrownBy(() -> state.accept(-1)).hasMessageContaining("not in the vocabulary");
    assertThat(state.forced()).contains("bc");
  }

  @Test
  void namesThatTheSchemaKnowsAreForced() {
    ConstraintState state =
        Constraint.jsonSchema(
                """
                {"type":"object","properties":{"price":{"type":"integer"}},"required":["price"],
                 "additionalProperties":false}
                """)
            .start(Vocabulary.trie());
    state.accept(1 + '{');
    state.accept(1 + '"');
    assertThat(state.forced()).contains("price\":");
  }

  @Test
  void manyThreadsShareOneConstraint() throws Exception {
    Constraint constraint =
        Constraint.jsonSchema(
            "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":\"^[ab]{3}c?$\"}}");
    List<Callable<List<String>>> jobs = new ArrayList<>();
    for (int job = 0; job < 8; job++) {
      jobs.add(() -> drawn(constraint));
    }
    List<String> expected =
        drawn(
            Constraint.jsonSchema(
                "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":\"^[ab]{3}c?$\"}}"));
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (Future<List<String>> result : threads.invokeAll(jobs)) {
        assertThat(result.get()).isEqualTo(expected);
      }
    }
  }

  private static List<String> drawn(Constraint constraint) {
    Random random = new Random(3);
    return IntStream.range(0, 40)
        .mapToObj(i -> String.valueOf(Vocabulary.draw(constraint, random, 200)))
        .toList();
  }
}
