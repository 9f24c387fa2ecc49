package llava4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalInt;
import llava4j.error.BadInputException;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

/// Settings that are missing or contradict each other, without a Spark.
class SettingsTest {
  private static final StructType ROWS =
      new StructType()
          .add("Image", DataTypes.StringType)
          .add("seen", DataTypes.TimestampType)
          .add("twice", DataTypes.StringType)
          .add("TWICE", DataTypes.StringType);

  private static LlavaTransformer tiny() {
    LlavaTransformer transformer = new LlavaTransformer();
    transformer.setModel(Cluster.TINY).setPrompt("What?");
    return transformer;
  }

  private static void refuses(LlavaParams transformer, String part) {
    assertThatThrownBy(() -> transformer.transformSchema(ROWS))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(part);
  }

  @Test
  void namesOfColumnsAreComparedAsSparkDoes() {
    assertThat(tiny().setImageCol("image").setPrompt("{IMAGE}").transformSchema(ROWS).fieldNames())
        .endsWith("answer", "finish_reason", "prompt_tokens", "generated_tokens", "error");
    refuses(tiny().setAnswerCol("IMAGE"), "there is a column 'IMAGE' already");
    refuses(tiny().setAnswerCol("Error"), "two output columns are called");
    refuses(tiny().setPrompt("{twice}"), "there are 2 columns 'twice', which prompt names");

    ColumnNames exact = new ColumnNames(true);
    assertThat(exact.index(ROWS, "TWICE", "imageCol")).isEqualTo(3);
    assertThat(exact.isIn(ROWS, "image")).isFalse();
    assertThatThrownBy(() -> exact.index(ROWS.add("twice", "int"), "twice", "imageCol"))
        .hasMessageContaining("there are 2 columns 'twice', which imageCol names");
  }

  @Test
  void aTimestampIsNoTextOfAQuestion() {
    refuses(tiny().setPrompt("What was there on {seen}?"), "with date_format");
  }

  @Test
  void nullStandsForTheDefault() {
    LlavaParams nulls = tiny().setWeights(null).setDevice(null).setBase(null).setSystem(null);
    assertThat(nulls.setImageCol(null).setAnswerCol("x").setAnswerCol(null).transformSchema(ROWS))
        .isEqualTo(tiny().transformSchema(ROWS));
    refuses(tiny().setPrompt(null), "there is no question");
    refuses(tiny().setModel(null), "model is not set");
    LlavaTransformer put = tiny();
    put.set(put.errorCol(), null);
    refuses(put, "errorCol is null");

    ModelSettings settings = new ModelSettings("m", null, null, null, null, null, null, null);
    assertThat(settings).isEqualTo(ModelSettings.of("m").withWeights(null));
    assertThat(settings.weights()).isEqualTo("auto");
    assertThat(settings.device()).isEqualTo("cpu");
    assertThatThrownBy(() -> ModelSettings.of(null))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("model is not set");
  }

  @Test
  void anEvaluationAsksForATokenAtLeast() {
    ModelSettings model = ModelSettings.of(Cluster.TINY);
    for (int tokens : new int[] {0, -5}) {
      assertThatThrownBy(() -> new SparkEvaluation(null, model, OptionalInt.of(tokens), 1))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("maxNewTokens must be at least 1, not " + tokens);
    }
  }
}
