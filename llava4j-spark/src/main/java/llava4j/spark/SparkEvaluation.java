package llava4j.spark;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import llava4j.error.BadInputException;
import llava4j.eval.EvalResult;
import llava4j.eval.EvalRun;
import llava4j.eval.RunSettings;
import llava4j.eval.Shard;
import llava4j.eval.Tasks;
import llava4j.eval.task.Answer;
import llava4j.eval.task.Question;
import llava4j.eval.task.Task;
import llava4j.eval.task.TaskName;
import llava4j.io.FolderLock;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/// Asks a benchmark's questions on all executors. The answers lie in the same files as those of
/// `llava eval` on one machine: either resumes what the other began, `llava eval --merge 1` scores
/// them and writes the report, and the score is the same as alone.
///
/// The benchmark's folder must be at the same path on the driver and every executor.
///
/// @param maxNewTokens of an answer; empty for the benchmark's own number, without which scores are
///   not comparable
/// @param questionsPerJob answers that are lost at most if the driver is killed
public record SparkEvaluation(
    SparkSession spark, ModelSettings model, OptionalInt maxNewTokens, int questionsPerJob) {
  private static final int QUESTIONS = 8192;
  private static final int PER_TASK = 32;
  private static final int BATCH = 8;

  public SparkEvaluation {
    if (questionsPerJob < 1) {
      throw new BadInputException("questionsPerJob must be at least 1, not " + questionsPerJob);
    }
    if (maxNewTokens.isPresent() && maxNewTokens.getAsInt() < 1) {
      throw new BadInputException(
          "maxNewTokens must be at least 1, not " + maxNewTokens.getAsInt());
    }
    model.requireValid();
  }

  public SparkEvaluation(SparkSession spark, ModelSettings model) {
    this(spark, model, OptionalInt.empty(), QUESTIONS);
  }

  public SparkEvaluation withMaxNewTokens(int tokens) {
    return new SparkEvaluation(spark, model, OptionalInt.of(tokens), questionsPerJob);
  }

  public SparkEvaluation withQuestionsPerJob(int questions) {
    return new SparkEvaluation(spark, model, maxNewTokens, questions);
  }

  /// Asks what has no answer yet.
  ///
  /// @param data folder of the benchmarks' files, one folder per benchmark
  /// @param out folder of the answers, on the driver
  /// @return without a score if a server or a judge has to score
  /// @throws BadInputException if files are missing, the folder has answers of another model, or
  ///   executors have different weights
  public EvalResult run(TaskName name, Path data, Path out, EvalRun.Progress progress) {
    Task task = Tasks.open(name, data);
    Tasks.requireImages(task);
    Tasks.requireTruth(task);
    int tokens = maxNewTokens.orElse(task.maxNewTokens());
    try (FolderLock _ = EvalRun.lock(out, Shard.whole())) {
      RunSettings settings = RunSettings.of(task, parts(List.of(), tokens).getFirst().asked());
      new EvalRun(task, settings, out, Shard.whole(), questionsPerJob)
          .run(questions -> answers(questions, settings.asked()), progress);
      List<Answer> answers = EvalRun.collect(task, out, settings, 1);
      return new EvalResult(task, settings, answers, task.score(answers));
    }
  }

  private List<String> answers(List<Question> questions, RunSettings.Asked asked) {
    Map<Integer, String> texts = new HashMap<>();
    for (AnswerQuestions.Part part : parts(questions, asked.maxNewTokens())) {
      if (!part.asked().equals(asked)) {
        throw new BadInputException(
            part.executor()
                + " has another model than the first executor: "
                + part.asked()
                + ", not "
                + asked
                + "; bring the same files to all machines");
      }
      part.texts().forEach(text -> texts.put(text.number(), text.text()));
    }
    return questions.stream().map(question -> texts.get(question.number())).toList();
  }

  /// Runs a job. Neighbouring questions, which are about the same image, stay together.
  private List<AnswerQuestions.Part> parts(List<Question> questions, int tokens) {
    List<SentQuestion> sent = new ArrayList<>();
    questions.forEach(question -> sent.add(SentQuestion.of(question)));
    int slices = Math.max(1, Math.ceilDiv(sent.size(), PER_TASK));
    return JavaSparkContext.fromSparkContext(spark.sparkContext())
        .parallelize(sent, slices)
        .mapPartitions(new AnswerQuestions(model, tokens, BATCH))
        .collect();
  }
}
