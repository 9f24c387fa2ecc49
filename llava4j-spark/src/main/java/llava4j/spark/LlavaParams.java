package llava4j.spark;

import java.util.Optional;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable$;

/// The parameters of [LlavaTransformer], with Spark's names and kinds, so that pipelines, files and
/// other languages find them. Each is used or refused when the transformer is applied. A null text
/// stands for the parameter's default.
public abstract class LlavaParams extends Transformer implements DefaultParamsWritable {
  private final String uid;
  private final Param<String> model;
  private final Param<String> base;
  private final Param<String> visionTower;
  private final Param<String> mmproj;
  private final Param<String> weights;
  private final Param<String> device;
  private final IntParam threads;
  private final Param<String> template;
  private final Param<String> system;
  private final Param<String> imageCol;
  private final Param<String> promptCol;
  private final Param<String> prompt;
  private final Param<String> jsonSchema;
  private final IntParam maxNewTokens;
  private final DoubleParam temperature;
  private final DoubleParam topP;
  private final LongParam seed;
  private final IntParam rowsInFlight;
  private final Param<String> answerCol;
  private final Param<String> finishReasonCol;
  private final Param<String> promptTokensCol;
  private final Param<String> generatedTokensCol;
  private final Param<String> errorCol;

  LlavaParams(String uid) {
    this.uid = uid; // before the parameters, which ask for it
    this.model = text("model", "model folder or .gguf file, at the same path on every executor");
    this.base = text("base", "base model of a LoRA adapter or a projector");
    this.visionTower = text("visionTower", "CLIP model of a checkpoint in the original layout");
    this.mmproj = text("mmproj", "vision file of a .gguf model");
    this.weights = text("weights", "format in memory: auto, fp32, fp16, bf16, q8 or q4");
    this.device = text("device", "cpu, cuda, cuda:N or auto");
    this.threads = new IntParam(this, "threads", "threads of an executor's model");
    this.template = text("template", "conversation template instead of the model's own");
    this.system = text("system", "system prompt instead of the template's");
    this.imageCol = text("imageCol", "column of images; rows have none without it");
    this.promptCol = text("promptCol", "column of questions, instead of prompt");
    this.prompt = text("prompt", "question for every row, with {column} for a column's value");
    this.jsonSchema = text("jsonSchema", "JSON Schema that every answer fulfils");
    this.maxNewTokens = new IntParam(this, "maxNewTokens", "most tokens of an answer");
    this.temperature = new DoubleParam(this, "temperature", "0 for greedy decoding");
    this.topP = new DoubleParam(this, "topP", "sample from the most likely tokens up to this sum");
    this.seed = new LongParam(this, "seed", "of sampling, together with the row's content");
    this.rowsInFlight =
        new IntParam(this, "rowsInFlight", "rows of a partition that are asked at the same time");
    this.answerCol = text("answerCol", "output: the answer, null if the row failed");
    this.finishReasonCol = text("finishReasonCol", "output: why the answer ended");
    this.promptTokensCol = text("promptTokensCol", "output: tokens of the prompt, with images");
    this.generatedTokensCol = text("generatedTokensCol", "output: tokens of the answer");
    this.errorCol = text("errorCol", "output: what is wrong with the row, null if it is answered");
    setDefault(weights, "auto");
    setDefault(device, "cpu");
    setDefault(maxNewTokens, 512);
    setDefault(temperature, 0.0);
    setDefault(rowsInFlight, 8);
    setDefault(answerCol, "answer");
    setDefault(finishReasonCol, "finish_reason");
    setDefault(promptTokensCol, "prompt_tokens");
    setDefault(generatedTokensCol, "generated_tokens");
    setDefault(errorCol, "error");
  }

  static String freshUid() {
    return Identifiable$.MODULE$.randomUID("llava");
  }

  private Param<String> text(String name, String doc) {
    return new Param<>(this, name, doc);
  }

  /// @param value null for the default
  private void put(Param<String> param, String value) {
    if (value == null) {
      clear(param);
    } else {
      set(param, value);
    }
  }

  final <T> Optional<T> given(Param<T> param) {
    return isDefined(param) ? Optional.ofNullable(getOrDefault(param)) : Optional.empty();
  }

  @Override
  public String uid() {
    return uid;
  }

  /// A model folder or a `.gguf` file. A relative name is looked for in the executor's folder and
  /// among the files that Spark brought there (`--archives`, `SparkContext.addFile`).
  public Param<String> model() {
    return model;
  }

  public LlavaParams setModel(String pathOrName) {
    put(model, pathOrName);
    return this;
  }

  public Param<String> base() {
    return base;
  }

  public LlavaParams setBase(String path) {
    put(base, path);
    return this;
  }

  public Param<String> visionTower() {
    return visionTower;
  }

  public LlavaParams setVisionTower(String path) {
    put(visionTower, path);
    return this;
  }

  public Param<String> mmproj() {
    return mmproj;
  }

  public LlavaParams setMmproj(String path) {
    put(mmproj, path);
    return this;
  }

  /// The format of the language model's matrices in memory; `auto` by default.
  public Param<String> weights() {
    return weights;
  }

  public LlavaParams setWeights(String format) {
    put(weights, format);
    return this;
  }

  /// `cpu` by default.
  public Param<String> device() {
    return device;
  }

  public LlavaParams setDevice(String name) {
    put(device, name);
    return this;
  }

  /// By default `LLAVA_THREADS` or `OMP_NUM_THREADS`, or else `spark.executor.cores`, or else the
  /// processors that the executor may use.
  public IntParam threads() {
    return threads;
  }

  public LlavaParams setThreads(int count) {
    set(threads, (Object) count);
    return this;
  }

  public Param<String> template() {
    return template;
  }

  public LlavaParams setTemplate(String name) {
    put(template, name);
    return this;
  }

  public Param<String> system() {
    return system;
  }

  public LlavaParams setSystem(String text) {
    put(system, text);
    return this;
  }

  /// A column of image files' bytes, of their paths (whatever Hadoop reads, or data URIs), of
  /// structs with a field `content` as `binaryFile` has them, or an array of one of these. A row
  /// whose value is null has no image.
  public Param<String> imageCol() {
    return imageCol;
  }

  public LlavaParams setImageCol(String column) {
    put(imageCol, column);
    return this;
  }

  public Param<String> promptCol() {
    return promptCol;
  }

  public LlavaParams setPromptCol(String column) {
    put(promptCol, column);
    return this;
  }

  /// The question for every row; `{name}` stands for the value of a column, `{{` and `}}` for
  /// braces.
  public Param<String> prompt() {
    return prompt;
  }

  public LlavaParams setPrompt(String text) {
    put(prompt, text);
    return this;
  }

  public Param<String> jsonSchema() {
    return jsonSchema;
  }

  public LlavaParams setJsonSchema(String schema) {
    put(jsonSchema, schema);
    return this;
  }

  /// 512 by default.
  public IntParam maxNewTokens() {
    return maxNewTokens;
  }

  public LlavaParams setMaxNewTokens(int tokens) {
    set(maxNewTokens, (Object) tokens);
    return this;
  }

  /// 0, which is greedy decoding, by default.
  public DoubleParam temperature() {
    return temperature;
  }

  public LlavaParams setTemperature(double value) {
    set(temperature, (Object) value);
    return this;
  }

  public DoubleParam topP() {
    return topP;
  }

  public LlavaParams setTopP(double value) {
    set(topP, (Object) value);
    return this;
  }

  /// Rows with the same content and seed get the same answer, whoever answers them; 0 by default.
  public LongParam seed() {
    return seed;
  }

  public LlavaParams setSeed(long value) {
    set(seed, (Object) value);
    return this;
  }

  /// From 1 to 16, 8 by default; the tasks of an executor share its 16 requests at a time.
  public IntParam rowsInFlight() {
    return rowsInFlight;
  }

  public LlavaParams setRowsInFlight(int rows) {
    set(rowsInFlight, (Object) rows);
    return this;
  }

  public Param<String> answerCol() {
    return answerCol;
  }

  public LlavaParams setAnswerCol(String column) {
    put(answerCol, column);
    return this;
  }

  public Param<String> finishReasonCol() {
    return finishReasonCol;
  }

  public LlavaParams setFinishReasonCol(String column) {
    put(finishReasonCol, column);
    return this;
  }

  public Param<String> promptTokensCol() {
    return promptTokensCol;
  }

  public LlavaParams setPromptTokensCol(String column) {
    put(promptTokensCol, column);
    return this;
  }

  public Param<String> generatedTokensCol() {
    return generatedTokensCol;
  }

  public LlavaParams setGeneratedTokensCol(String column) {
    put(generatedTokensCol, column);
    return this;
  }

  public Param<String> errorCol() {
    return errorCol;
  }

  public LlavaParams setErrorCol(String column) {
    put(errorCol, column);
    return this;
  }
}
