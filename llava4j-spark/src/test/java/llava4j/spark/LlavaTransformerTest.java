package llava4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import llava4j.ChatRequest;
import llava4j.Llava;
import llava4j.error.BadInputException;
import llava4j.generate.GenerationOptions;
import llava4j.image.ImageSource;
import llava4j.image.RgbImage;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The transformer with the bundled model, in one process.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LlavaTransformerTest {
  private static final String QUESTION = "What is in this image?";
  private static final int TOKENS = 24;
  private static final Path IMAGES = Cluster.CHECKOUT.resolve("examples/images");

  private SparkSession spark;
  private Llava llava;

  @TempDir private Path folder;

  @BeforeAll
  void start() {
    spark = Cluster.local(2);
    llava = Llava.load(Path.of(Cluster.TINY));
  }

  @AfterAll
  void stop() {
    llava.close();
    spark.stop();
  }

  private static LlavaTransformer tiny() {
    LlavaTransformer transformer = new LlavaTransformer();
    transformer.setModel(Cluster.TINY).setMaxNewTokens(TOKENS);
    return transformer;
  }

  private static LlavaTransformer caption(String column) {
    LlavaTransformer transformer = tiny();
    transformer.setImageCol(column).setPrompt(QUESTION);
    return transformer;
  }

  private Dataset<Row> column(DataType type, Object... values) {
    List<Row> rows = new ArrayList<>();
    for (Object value : values) {
      rows.add(RowFactory.create(rows.size(), value));
    }
    return spark.createDataFrame(
        rows, new StructType().add("id", DataTypes.IntegerType).add("image", type));
  }

  private static String image(String name) {
    return IMAGES.resolve(name + ".png").toString();
  }

  private static byte[] bytes(String name) throws IOException {
    return Files.readAllBytes(Path.of(image(name)));
  }

  private String asked(String name) {
    return answered(QUESTION, decoded(name));
  }

  private static RgbImage decoded(String name) {
    return Llava.decode(new ImageSource.OfFile(Path.of(image(name))));
  }

  private String answered(String question, RgbImage... images) {
    GenerationOptions options = GenerationOptions.greedy().withMaxNewTokens(TOKENS);
    return llava.answer(ChatRequest.of(List.of(images), question).withOptions(options)).text();
  }

  private static List<String> texts(Dataset<Row> rows, String column) {
    return rows.select(column).collectAsList().stream().map(row -> row.getString(0)).toList();
  }

  @Test
  void binaryFilesAreAnsweredLikeTheModelDoes() {
    Dataset<Row> files =
        spark.read().format("binaryFile").option("pathGlobFilter", "*.png").load(IMAGES.toString());
    List<Row> rows =
        caption("content").transform(files).select("path", "answer", "error").collectAsList();

    assertThat(rows).hasSize(6);
    for (Row row : rows) {
      String name = row.getString(0).replaceFirst(".*/(.*)\\.png", "$1");
      assertThat(row.getString(1)).isEqualTo(asked(name));
      assertThat(row.isNullAt(2)).isTrue();
    }
  }

  @Test
  void pathsBytesStructsAndNoImageAreRead() throws IOException {
    List<String> expected = List.of(asked("penguin"), asked("moon"), answered(QUESTION));
    StructType file =
        new StructType().add("path", DataTypes.StringType).add("content", DataTypes.BinaryType);

    assertThat(
            texts(
                caption("image")
                    .transform(
                        column(
                            DataTypes.StringType,
                            image("penguin"),
                            Path.of(image("moon")).toUri().toString(),
                            null)),
                "answer"))
        .isEqualTo(expected);
    assertThat(
            texts(
                caption("image")
                    .transform(column(DataTypes.BinaryType, bytes("penguin"), bytes("moon"), null)),
                "answer"))
        .isEqualTo(expected);
    assertThat(
            texts(
                caption("image")
                    .transform(
                        column(
                            file,
                            RowFactory.create("p", bytes("penguin")),
                            RowFactory.create(null, bytes("moon")),
                            null)),
                "answer"))
        .isEqualTo(expected);
  }

  @Test
  void anArrayHasSeveralImages() {
    Dataset<Row> rows =
        column(
            DataTypes.createArrayType(DataTypes.StringType),
            List.of(image("penguin"), image("moon")),
            List.of(image("moon")),
            List.of(),
            Arrays.asList(image("moon"), null));
    List<Row> answers =
        caption("image").transform(rows).select("answer", "prompt_tokens", "error").collectAsList();

    assertThat(answers.get(0).getInt(1)).isGreaterThan(answers.get(1).getInt(1));
    assertThat(answers.get(1).getInt(1)).isGreaterThan(answers.get(2).getInt(1));
    assertThat(answers.get(3).getString(2)).contains("image 2").contains("null");
  }

  @Test
  void aBrokenRowHasASentenceAndTheOthersTheirAnswers() throws IOException {
    Path text = Files.writeString(folder.resolve("notes.png"), "no image");
    LlavaTransformer transformer = caption("image");
    Dataset<Row> answered =
        transformer.transform(
            column(
                DataTypes.StringType,
                image("moon"),
                text.toString(),
                folder.resolve("lost.png").toString(),
                folder.toString(),
                "https://example.org/a.png",
                image("pizza")));
    List<Row> rows = answered.select("id", "answer", "finish_reason", "error").collectAsList();

    assertThat(rows).extracting(row -> row.getInt(0)).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(rows.get(0).getString(1)).isEqualTo(asked("moon"));
    assertThat(rows.get(0).getString(2)).isEqualTo("end");
    assertThat(rows.get(5).getString(1)).isEqualTo(asked("pizza"));
    assertThat(rows.get(1).getString(3)).contains("notes.png");
    assertThat(rows.get(2).getString(3)).contains("lost.png is missing");
    assertThat(rows.get(3).getString(3)).contains("is a folder");
    assertThat(rows.get(4).getString(3)).contains("is an address");
    for (int broken = 1; broken < 5; broken++) {
      assertThat(rows.get(broken).isNullAt(1)).isTrue();
      assertThat(rows.get(broken).isNullAt(2)).isTrue();
    }
    WorkDone done = transformer.workDone();
    assertThat(done.rows()).isEqualTo(6);
    assertThat(done.failedRows()).isEqualTo(4);
    assertThat(done.promptTokens()).isPositive();
    assertThat(done.generatedTokens()).isPositive();
  }

  @Test
  void questionsComeFromAColumnOrATemplate() {
    Dataset<Row> rows =
        column(DataTypes.StringType, image("moon"), image("pizza"))
            .withColumn(
                "thing", functions.when(functions.col("id").equalTo(0), "moon").otherwise(null));
    LlavaTransformer template = tiny();
    template.setImageCol("image").setPrompt("Is there a {thing} {{{id}}}?");
    LlavaTransformer column = tiny();
    column.setImageCol("image").setPromptCol("thing");

    List<Row> filled = template.transform(rows).select("answer", "error").collectAsList();
    assertThat(filled.get(0).getString(0))
        .isEqualTo(answered("Is there a moon {0}?", decoded("moon")));
    assertThat(filled.get(1).getString(1)).contains("column 'thing' is null");
    List<Row> read = column.transform(rows).select("answer", "error").collectAsList();
    assertThat(read.get(0).getString(0)).isEqualTo(answered("moon", decoded("moon")));
    assertThat(read.get(1).getString(1)).contains("column 'thing' is null");
  }

  @Test
  void jsonFulfilsItsSchema() {
    LlavaTransformer transformer = caption("image");
    transformer
        .setMaxNewTokens(200)
        .setJsonSchema(
            "{\"type\":\"object\",\"properties\":{\"thing\":{\"enum\":[\"penguin\",\"moon\"]},"
                + "\"alive\":{\"type\":\"boolean\"}},\"required\":[\"thing\",\"alive\"],"
                + "\"additionalProperties\":false}");
    List<String> answers =
        texts(
            transformer.transform(column(DataTypes.StringType, image("penguin"), image("moon"))),
            "answer");

    assertThat(answers).hasSize(2);
    for (String answer : answers) {
      JsonNode json = JsonMapper.builder().build().readTree(answer);
      assertThat(json.propertyNames()).containsExactly("thing", "alive");
    }
  }

  @Test
  void samplingDependsOnSeedAndContentAlone() {
    Object[] images =
        IntStream.range(0, 12).mapToObj(i -> image(i % 2 == 0 ? "bicycle" : "pizza")).toArray();
    List<List<String>> runs = new ArrayList<>();
    for (int partitions : new int[] {1, 3, 1}) {
      LlavaTransformer transformer = caption("image");
      transformer.setTemperature(1.5).setSeed(runs.size() == 2 ? 8 : 7).setMaxNewTokens(12);
      runs.add(
          texts(
              transformer
                  .transform(column(DataTypes.StringType, images).repartition(partitions))
                  .orderBy("id"),
              "answer"));
    }

    assertThat(runs.get(1)).isEqualTo(runs.get(0));
    assertThat(runs.get(0).stream().distinct()).hasSize(2);
    assertThat(runs.get(2)).isNotEqualTo(runs.get(0));
  }

  @Test
  void anAnswerThatIsCutSaysSo() {
    LlavaTransformer transformer = caption("image");
    transformer.setMaxNewTokens(1);
    Row row =
        transformer.transform(column(DataTypes.StringType, image("moon"))).collectAsList().get(0);

    assertThat(row.<String>getAs("finish_reason")).isEqualTo("max_tokens");
    assertThat(row.<Integer>getAs("generated_tokens")).isEqualTo(1);
  }

  @Test
  void itIsStoredAndReadAloneAndInAPipeline() throws IOException {
    LlavaTransformer transformer = caption("image");
    transformer.setMaxNewTokens(7).setSeed(5).setTemperature(0.5).setAnswerCol("said");
    String alone = folder.resolve("alone").toString();
    transformer.write().save(alone);
    LlavaTransformer read = LlavaTransformer.load(alone);
    Dataset<Row> rows = column(DataTypes.StringType, image("moon"));

    assertThat(read.uid()).isEqualTo(transformer.uid());
    assertThat(read.explainParams()).isEqualTo(transformer.explainParams());
    assertThat(texts(read.transform(rows), "said"))
        .isEqualTo(texts(transformer.transform(rows), "said"));
    String whole = folder.resolve("pipeline").toString();
    new Pipeline().setStages(new PipelineStage[] {transformer}).fit(rows).write().save(whole);
    assertThat(texts(PipelineModel.load(whole).transform(rows), "said"))
        .isEqualTo(texts(transformer.transform(rows), "said"));
    assertThat(transformer.copy(ParamMap.empty()).explainParams())
        .isEqualTo(transformer.explainParams());
  }

  @Test
  void copiesCountTogetherAndUnusedNamesMayRepeat() {
    LlavaTransformer transformer = tiny();
    transformer.setPrompt("{IMAGE}").setMaxNewTokens(1);
    Dataset<Row> rows = column(DataTypes.StringType, "What?").toDF("twice", "image");
    Dataset<Row> wide = rows.select("twice", "twice", "image");
    List<Row> answered = transformer.copy(ParamMap.empty()).transform(wide).collectAsList();

    assertThat(answered.getFirst().getInt(1)).isZero();
    assertThat(answered.getFirst().getString(2)).isEqualTo("What?");
    assertThat(transformer.workDone().rows()).isEqualTo(1);
  }

  @Test
  void mistakesAreRefusedBeforeAnyWork() {
    Dataset<Row> rows =
        column(DataTypes.StringType, "a.png").withColumn("answer1", functions.lit(1));
    refuses(new LlavaTransformer().setPrompt("x"), rows, "model is not set");
    refuses(tiny(), rows, "there is no question");
    refuses(caption("image").setPromptCol("image"), rows, "both set");
    refuses(caption("picture"), rows, "there is no column 'picture'");
    refuses(caption("id"), rows, "of type int, in which no image is read");
    refuses(tiny().setPromptCol("id"), rows, "promptCol must be text");
    refuses(tiny().setPrompt("a {b}"), rows, "there is no column 'b'");
    refuses(tiny().setPrompt("a } b"), rows, "single '}'");
    refuses(caption("image").setAnswerCol("id"), rows, "a column 'id' already");
    refuses(caption("image").setAnswerCol("error"), rows, "two output columns");
    refuses(caption("image").setSeed(3), rows, "seed has no effect");
    refuses(caption("image").setTopP(0.5), rows, "topP has no effect");
    refuses(caption("image").setTemperature(-1), rows, "temperature must be");
    refuses(caption("image").setMaxNewTokens(0), rows, "at least 1");
    refuses(caption("image").setRowsInFlight(17), rows, "between 1 and 16");
    refuses(caption("image").setThreads(0), rows, "between 1 and 1024");
    refuses(caption("image").setWeights("q5"), rows, "unknown weight format");
    refuses(caption("image").setDevice("tpu"), rows, "unknown device");
    refuses(caption("image").setTemplate("x"), rows, "unknown conversation template");
    refuses(caption("image").setJsonSchema("{"), rows, "JSON schema");
  }

  private static void refuses(LlavaParams transformer, Dataset<Row> rows, String part) {
    assertThatThrownBy(() -> transformer.transform(rows))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(part);
  }

  @Test
  void anExecutorWithoutTheModelIsNamed() {
    LlavaTransformer transformer = caption("image");
    transformer.setModel("/models/not-there");

    assertThatThrownBy(
            () -> transformer.transform(column(DataTypes.StringType, image("moon"))).count())
        .hasStackTraceContaining("BadInputException: executor driver on host ")
        .hasStackTraceContaining(
            "'/models/not-there' is missing there; put it at the same path on every machine");
  }

  @Test
  void aModelThatSparkBroughtIsFoundByItsName() {
    spark.sparkContext().addFile(Cluster.TINY, true);
    LlavaTransformer transformer = caption("image");
    transformer.setModel("llava-tiny");

    assertThat(texts(transformer.transform(column(DataTypes.StringType, image("moon"))), "answer"))
        .containsExactly(asked("moon"));
  }

  @Test
  void rowsThatNobodyReadsAreStopped() {
    Object[] images = IntStream.range(0, 64).mapToObj(_ -> image("moon")).toArray();
    LlavaTransformer transformer = caption("image");
    Dataset<Row> rows = transformer.transform(column(DataTypes.StringType, images).coalesce(1));

    assertThat(rows.limit(2).collectAsList()).hasSize(2);
    assertThat(transformer.workDone().rows()).isLessThan(64);
  }
}
