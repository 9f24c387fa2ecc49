package llava4j.constraint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.limit.Limits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What is too large or takes too long ends with one sentence.
@Timeout(60)
class LimitsTest {

  @Test
  void longSources() {
    Limits limits = new Limits(10, 100, 10, 100, Duration.ofSeconds(1), Duration.ofSeconds(1));
    assertThatThrownBy(() -> Constraint.jsonSchema("{\"type\":\"string\"}", limits))
        .isInstanceOf(ConstraintException.class)
        .hasMessage("the schema has 17 characters, more than the limit of 10; shorten it");
    assertThatThrownBy(() -> Constraint.regex("a".repeat(11), limits))
        .hasMessageContaining("limit of 10");
    assertThatThrownBy(() -> Constraint.grammar("root ::= \"abc\"", limits))
        .hasMessageContaining("limit of 10");
  }

  @Test
  void alternativesThatMultiply() {
    StringBuilder schema = new StringBuilder("{\"allOf\":[");
    for (int i = 0; i < 30; i++) {
      schema.append(i == 0 ? "" : ",");
      schema
          .append("{\"anyOf\":[{\"required\":[\"a")
          .append(i)
          .append("\"]},{\"required\":[\"b")
          .append(i)
          .append("\"]}]}");
    }
    assertThatThrownBy(() -> Constraint.jsonSchema(schema + "],\"type\":\"object\"}"))
        .isInstanceOf(ConstraintException.class)
        .hasMessageContaining("alternatives");
  }

  @Test
  void expressionsWithManyStates() {
    Limits limits = Limits.defaults().withSizes(20_000, 512, 20_000);
    String schema =
        "{\"type\":\"string\",\"allOf\":[{\"pattern\":\"(a|b)*a(a|b){18}$\"},{\"pattern\":\"(a|b)*b(a|b){17}c$\"}]}";
    assertThatThrownBy(() -> drawSome(Constraint.jsonSchema(schema, limits)))
        .isInstanceOf(ConstraintException.class)
        .hasMessageContaining("simplify");
  }

  private static void drawSome(Constraint constraint) {
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      Vocabulary.draw(constraint, random, 300);
    }
  }

  @Test
  void timeForCompiling() {
    StringBuilder schema = new StringBuilder("{\"type\":\"object\",\"oneOf\":[");
    for (int i = 0; i < 300; i++) {
      schema
          .append(i == 0 ? "" : ",")
          .append("{\"properties\":{\"k\":{\"pattern\":\"^a{")
          .append(i)
          .append(",}b\"},\"n")
          .append(i)
          .append("\":{\"type\":\"string\"}}}");
    }
    Limits limits = Limits.defaults().withTimes(Duration.ofMillis(20), Duration.ofSeconds(1));
    assertThatThrownBy(() -> Constraint.jsonSchema(schema + "]}", limits))
        .isInstanceOf(ConstraintException.class)
        .hasMessageMatching("compiling the schema took longer than 20 ms; .*|.*alternatives.*");
  }

  /// A nanosecond has passed when the clock is first looked at, on any machine.
  @Test
  void timeForAMask() {
    Limits limits = Limits.defaults().withTimes(Duration.ofSeconds(20), Duration.ofNanos(1));
    Constraint constraint = Constraint.regex("(a|b)*a(a|b){12}", limits);
    assertThatThrownBy(() -> constraint.start(Vocabulary.trie()).allowed())
        .isInstanceOf(ConstraintException.class)
        .hasMessage("a mask of the constraint took longer than 0 ms; simplify the constraint");
  }

  @Test
  void hugeNumbersAreNoDanger() {
    assertThatThrownBy(() -> Constraint.jsonSchema("{\"type\":\"number\",\"maximum\":1e999999999}"))
        .isInstanceOf(ConstraintException.class)
        .hasMessageContaining("400 digits");
    assertThatThrownBy(() -> Constraint.jsonSchema("{\"multipleOf\":1e-401}"))
        .isInstanceOf(ConstraintException.class);
    assertThatCode(() -> Constraint.jsonSchema("{\"type\":\"string\",\"maxLength\":1e300}"))
        .doesNotThrowAnyException();
    Constraint large =
        Constraint.jsonSchema("{\"type\":\"string\",\"minLength\":3,\"maxLength\":2000000000}");
    assertThat(Vocabulary.allows(large, "\"abcd\"")).isTrue();
    assertThat(Vocabulary.allows(large, "\"ab\"")).isFalse();
  }

  @Test
  void schemasWithinThemselves() {
    assertThatThrownBy(() -> Constraint.jsonSchema("[".repeat(2000)))
        .isInstanceOf(ConstraintException.class)
        .hasMessageContaining("nested too deeply");
    assertThatThrownBy(() ->
            Constraint.jsonSchema(
                "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]}"))
        .hasMessageContaining("no value fulfils the schema");
    Constraint list =
        Constraint.jsonSchema(
            "{\"type\":\"object\",\"properties\":{\"next\":{\"$ref\":\"#\"}},\"additionalProperties\":false}");
    int depth = 3000;
    String text = "{\"next\":".repeat(depth) + "{}" + "}".repeat(depth);
    assertThat(Vocabulary.allows(list, text)).isTrue();
    assertThat(Vocabulary.allows(list, text + "}")).isFalse();
  }

  @Test
  void statesAreDroppedAndMadeAgain() {
    Constraint constraint =
        Constraint.jsonSchema("true", Limits.defaults().withSizes(100_000, 512, 300));
    Random random = new Random(2);
    int ended = 0;
    for (int i = 0; i < 300; i++) {
      ended += Vocabulary.draw(constraint, random, 100) == null ? 0 : 1;
    }
    assertThat(ended).isPositive();
  }

  /// What is worked out for texts is forgotten now and then: one text needs a small part of the
  /// nodes, hundreds would need more than all.
  @Test
  void oneConstraintServesAnyNumberOfTexts() {
    Limits limits =
        new Limits(1000, 6_000, 100, 500, Duration.ofSeconds(20), Duration.ofSeconds(20));
    Constraint constraint = Constraint.regex(".*a.{14}", limits);
    Random random = new Random(3);
    for (int text = 0; text < 300; text++) {
      ConstraintState state = constraint.start(Vocabulary.trie());
      for (int i = 0; i < 40; i++) {
        state.accept(new byte[] {(byte) (random.nextBoolean() ? 'a' : 'b')});
      }
      assertThat(state.allowed()).isNotEmpty();
    }
  }

  @Test
  void whatIsTooDeepForTheStackIsASentence() {
    StringBuilder rules = new StringBuilder("root ::= r1\n");
    StringBuilder schemas = new StringBuilder();
    for (int i = 1; i < 20_000; i++) {
      rules.append("r" + i + " ::= r" + (i + 1) + "\n");
      schemas.append("\"d" + i + "\":{\"$ref\":\"#/$defs/d" + (i + 1) + "\"},");
    }
    rules.append("r20000 ::= \"a\"");
    schemas.append("\"d20000\":{\"type\":\"boolean\"}");
    assertThatThrownBy(() -> Constraint.grammar(rules.toString()))
        .isInstanceOf(ConstraintException.class);
    assertThatThrownBy(() -> Constraint.jsonSchema("{\"type\":\"array\",\"minItems\":100000}"))
        .isInstanceOf(ConstraintException.class);
    assertThatThrownBy(
            () -> Constraint.jsonSchema("{\"$ref\":\"#/$defs/d1\",\"$defs\":{" + schemas + "}}"))
        .isInstanceOf(ConstraintException.class);
  }
}
