package llava4j.spark;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llava4j.error.BadInputException;
import llava4j.generate.JsonForms;
import org.apache.spark.SparkContext;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;

/// Asks a model about each row: an image and a question become an answer, with why it ended, its
/// tokens, or what is wrong with the row.
///
/// ```java
/// Dataset<Row> captions =
///     new LlavaTransformer()
///         .setModel("/models/llava-1.5-7b-hf")
///         .setImageCol("content")
///         .setPrompt("Describe this image in one sentence.")
///         .transform(spark.read().format("binaryFile").load("/images"));
/// ```
///
/// Each executor loads the model once; all its tasks share it, and the rows of a partition are
/// asked several at a time. The order of rows stays. A row that cannot be answered has a sentence
/// in the error column and does not fail the job; an executor that cannot answer, because it lacks
/// the model or the memory, fails its task with one sentence, and Spark tries another. A row is
/// answered alike on every try, as long as executors have the same kind of processor and number of
/// threads.
public final class LlavaTransformer extends LlavaParams {
  private SharedCount count = new SharedCount();

  public LlavaTransformer() {
    this(freshUid());
  }

  /// @param uid of a transformer that was stored
  public LlavaTransformer(String uid) {
    super(uid);
  }

  /// Reads stored transformers.
  public static MLReader<LlavaTransformer> read() {
    return new DefaultParamsReader<>();
  }

  /// Reads a transformer that was stored with `write().save(path)`.
  public static LlavaTransformer load(String path) {
    return read().load(path);
  }

  @Override
  public LlavaTransformer copy(ParamMap extra) {
    LlavaTransformer copy = defaultCopy(extra);
    copy.count = count;
    return copy;
  }

  /// @throws BadInputException if a column is missing or of a kind that is not read, or parameters
  ///   contradict each other
  @Override
  public StructType transformSchema(StructType schema) {
    return transformSchema(schema, ColumnNames.ofActiveSession());
  }

  private StructType transformSchema(StructType schema, ColumnNames known) {
    RowReader _ = reader(schema, known);
    modelSettings().requireValid();
    answerSettings().options(new JsonForms(), 0);
    requireRowsInFlight();
    StructType all = schema;
    for (Map.Entry<String, DataType> output : outputs(known).entrySet()) {
      if (known.isIn(schema, output.getKey())) {
        throw new BadInputException(
            "there is a column '"
                + output.getKey()
                + "' already; give the output another name, or drop the column");
      }
      all = all.add(output.getKey(), output.getValue(), true);
    }
    return all;
  }

  private Map<String, DataType> outputs(ColumnNames known) {
    Map<String, DataType> outputs = new LinkedHashMap<>();
    Set<String> keys = new HashSet<>();
    for (Map.Entry<Param<String>, DataType> output :
        List.of(
            Map.entry(answerCol(), DataTypes.StringType),
            Map.entry(finishReasonCol(), DataTypes.StringType),
            Map.entry(promptTokensCol(), DataTypes.IntegerType),
            Map.entry(generatedTokensCol(), DataTypes.IntegerType),
            Map.entry(errorCol(), DataTypes.StringType))) {
      Param<String> param = output.getKey();
      String name =
          given(param)
              .orElseThrow(
                  () -> new BadInputException(param.name() + " is null; give the column a name"));
      if (!keys.add(known.key(name))) {
        throw new BadInputException("two output columns are called '" + name + "'; rename one");
      }
      outputs.put(name, output.getValue());
    }
    return outputs;
  }

  /// The rows with their answers, computed when they are needed: a second action computes them
  /// again, so write them first.
  @Override
  public Dataset<Row> transform(Dataset<?> dataset) {
    ColumnNames known = ColumnNames.of(dataset.sparkSession());
    StructType schema = transformSchema(dataset.schema(), known);
    SparkContext context = dataset.sparkSession().sparkContext();
    AnswerRows work =
        new AnswerRows(
            reader(dataset.schema(), known),
            modelSettings(),
            answerSettings(),
            requireRowsInFlight(),
            count.in(context, uid()),
            SerializableConfiguration.broadcast(context));
    return dataset.toDF().mapPartitions(work, Encoders.row(schema));
  }

  /// What this transformer and its copies have answered so far in all data that they were applied
  /// to; zeros before.
  public WorkDone workDone() {
    return count.done();
  }

  private RowReader reader(StructType schema, ColumnNames known) {
    Optional<String> template = given(prompt());
    Optional<String> column = given(promptCol());
    if (template.isPresent() == column.isPresent()) {
      throw new BadInputException(
          template.isPresent()
              ? "prompt and promptCol are both set; clear one of them"
              : "there is no question; set prompt to one for all rows, or promptCol to a column");
    }
    return new RowReader(
        ImageColumn.of(schema, known, given(imageCol())),
        template
            .map(text -> PromptColumns.template(schema, known, text))
            .orElseGet(() -> PromptColumns.column(schema, known, column.orElseThrow())));
  }

  private int requireRowsInFlight() {
    int rows = (Integer) getOrDefault(rowsInFlight());
    if (rows < 1 || rows > AnswerRows.MOST_IN_FLIGHT) {
      throw new BadInputException(
          "rowsInFlight must be between 1 and " + AnswerRows.MOST_IN_FLIGHT + ", not " + rows);
    }
    return rows;
  }

  private ModelSettings modelSettings() {
    return new ModelSettings(
        given(model()).orElse(null),
        given(base()).orElse(null),
        given(visionTower()).orElse(null),
        given(mmproj()).orElse(null),
        given(weights()).orElse(null),
        given(device()).orElse(null),
        given(template()).orElse(null),
        given(threads()).map(value -> (Integer) value).orElse(null));
  }

  private AnswerSettings answerSettings() {
    return new AnswerSettings(
        given(system()).orElse(null),
        given(jsonSchema()).orElse(null),
        (Integer) getOrDefault(maxNewTokens()),
        (Double) getOrDefault(temperature()),
        given(topP()).map(value -> (Double) value).orElse(null),
        given(seed()).map(value -> (Long) value).orElse(null));
  }
}
