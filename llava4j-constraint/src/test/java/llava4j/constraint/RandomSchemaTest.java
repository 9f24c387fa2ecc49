package llava4j.constraint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.limit.Limits;
import org.junit.jupiter.api.Test;

/// Random schemas and a model that knows nothing: whatever it ends by itself is judged by two
/// validators that share no code.
class RandomSchemaTest {
  private static final String SIZE = "llava4j.constraint.schemas";
  private static final int SCHEMAS = Integer.getInteger(SIZE, 400);
  private static final int TEXTS = 4;

  private final List<String> wrong = new ArrayList<>();
  private int drawn;
  private int ended;
  private int judgedOnce;
  private int rounded;

  @Test
  void everyTextThatEndsIsValid() {
    int compiled = 0;
    for (int seed = 0; seed < SCHEMAS; seed++) {
      Random random = new Random(seed);
      String schema = new RandomSchemas(random).schema(2).toString();
      KeyOrder order = seed % 5 == 0 ? KeyOrder.ANY : KeyOrder.SCHEMA;
      try {
        ask(Constraint.jsonSchema(schema, order, Limits.defaults()), schema, random);
        compiled++;
      } catch (ConstraintException e) {
        assertThat(e.getMessage()).as(schema).doesNotContain("is not JSON");
      }
    }
    if (Integer.getInteger(SIZE) != null) {
      System.out.printf(
          "%d schemas, %d compiled, %d texts drawn, %d ended by themselves, %d wrong; one judge alone for %d schemas and %d long numbers%n",
          SCHEMAS, compiled, drawn, ended, wrong.size(), judgedOnce, rounded);
    }
    assertThat(wrong).isEmpty();
    assertThat(compiled).isGreaterThan(SCHEMAS * 6 / 10);
    assertThat(ended).isGreaterThan(drawn / 2);
    assertThat(judgedOnce).isLessThanOrEqualTo(compiled / 100);
    assertThat(rounded).isLessThanOrEqualTo(Math.max(1, ended / 1000));
  }

  @Test
  void eachJudgeSeesWhatIsWrong() {
    String schema =
        """
        {"type": "object", "properties": {"a": {"format": "time"}, "b": {"not": {"const": 1}}}}\
        """;
    for (Judge judge : Judge.all(schema)) {
      assertThat(judge.errors("{\"a\": \"10:09:03-17:07\", \"b\": 2, \"b\": 3}")).isEmpty();
      assertThat(judge.errors("{\"a\": \"10:09:63-17:07\"}")).contains("/a");
      assertThat(judge.errors("{\"b\": 2, \"b\": 1.0}")).contains("/b");
      assertThat(judge.errors("[]")).contains("object");
    }
  }

  // every other text is of a network with random weights, the others are drawn evenly
  private void ask(Constraint constraint, String schema, Random random) {
    List<Judge> judges = Judge.all(schema);
    judgedOnce += judges.size() == 1 ? 1 : 0;
    for (int i = 0; i < TEXTS; i++) {
      RandomModel model = i % 2 == 0 ? null : new RandomModel(random, Vocabulary.trie().size());
      String text = Vocabulary.draw(constraint, random, model, 400);
      drawn++;
      if (text != null) {
        ended++;
        judge(judges, schema, text);
      }
    }
  }

  private void judge(List<Judge> judges, String schema, String text) {
    List<String> errors =
        judges.stream().map(judge -> judge.errors(text)).filter(one -> !one.isEmpty()).toList();
    if (errors.isEmpty()) {
      return;
    }
    if (errors.size() < judges.size() && Judge.LONG_NUMBER.matcher(text).find()) {
      rounded++; // one of them has read another number
    } else {
      wrong.add("%s%nlets through %s: %s".formatted(schema, text, errors));
    }
  }
}
