package llava4j.constraint;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import llava4j.constraint.limit.ConstraintException;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/// Random schemas and a model that knows nothing: whatever it ends by itself is judged by another
/// validator.
class RandomSchemaTest {
  private static final int SCHEMAS = Integer.getInteger("llava4j.constraint.schemas", 1500);
  private static final int TEXTS = 4;

  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(
          SpecificationVersion.DRAFT_2020_12,
          builder ->
              builder.schemaRegistryConfig(
                  SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build()));

  @Test
  void everyTextThatEndsIsValid() {
    int compiled = 0;
    int ended = 0;
    List<String> wrong = new ArrayList<>();
    for (int seed = 0; seed < SCHEMAS; seed++) {
      Random random = new Random(seed);
      ObjectNode schema = new RandomSchemas(random).schema(2);
      Constraint constraint;
      try {
        KeyOrder order = seed % 5 == 0 ? KeyOrder.ANY : KeyOrder.SCHEMA;
        constraint =
            Constraint.jsonSchema(
                schema.toString(), order, llava4j.constraint.limit.Limits.defaults());
      } catch (ConstraintException e) {
        assertThat(e.getMessage()).as(schema.toString()).doesNotContain("is not JSON");
        continue;
      }
      compiled++;
      Schema judge = registry.getSchema(schema.toString(), InputFormat.JSON);
      for (int i = 0; i < TEXTS; i++) {
        String text = Vocabulary.draw(constraint, random, 400);
        if (text != null) {
          ended++;
          var errors = judge.validate(text, InputFormat.JSON);
          if (!errors.isEmpty()) {
            wrong.add("seed %d: %s%nlets through %s: %s".formatted(seed, schema, text, errors));
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(compiled).isGreaterThan(SCHEMAS * 6 / 10);
    assertThat(ended).isGreaterThan(compiled * TEXTS / 2);
  }
}
