package llava4j.cli.eval;

import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.weights.WeightsFingerprint;
import llava4j.cli.option.ModelOptions;
import llava4j.cli.option.PixelLimit;
import llava4j.cli.option.Unused;
import llava4j.cli.terminal.Progress;
import llava4j.error.BadInputException;
import llava4j.eval.AnswerSheet;
import llava4j.eval.EvalReport;
import llava4j.eval.EvalResult;
import llava4j.eval.EvalRun;
import llava4j.eval.ModelAnswerer;
import llava4j.eval.RunSettings;
import llava4j.eval.Shard;
import llava4j.eval.Tasks;
import llava4j.eval.judge.Judge;
import llava4j.eval.judge.Judging;
import llava4j.eval.judge.OpenAiJudge;
import llava4j.eval.judge.WordOverlap;
import llava4j.eval.task.Answer;
import llava4j.eval.task.BlindTask;
import llava4j.eval.task.JudgedTask;
import llava4j.eval.task.Score;
import llava4j.eval.task.Task;
import llava4j.eval.task.TaskName;
import llava4j.eval.tiny.TinyBenchmarks;
import llava4j.io.FolderLock;
import llava4j.tensor.NativeRuntime;
import llava4j.text.template.ChatTemplate;
import llava4j.text.template.ConversationTemplate;
import llava4j.text.template.PromptTemplate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `llava eval TASK... --model ... --data DIR --out DIR`
@Command(
    name = "eval",
    description = "Score a model on the paper's benchmarks with the official metrics.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  llava eval tiny -m llava-v1.5-7b --out results-tiny",
      "  llava eval pope mme -m llava-v1.5-7b --data playground/data/eval --out results-7b",
      "  llava eval vqav2 -m llava-v1.5-7b --data playground/data/eval --out results-7b --shard 0/4",
      "  llava eval vqav2 -m llava-v1.5-7b --data playground/data/eval --out results-7b --merge 4",
      "",
      "A run can be stopped at any time; started again, it resumes. --data has the layout of LLaVA's eval.zip."
    })
public final class EvalCommand implements Callable<Integer> {
  private static final String TINY = "tiny";
  private static final int TINY_TOKENS = 16;
  private static final int ON_A_SHEET = 20;
  private static final int JUDGE_TRIES = 3; // per answer, until a rating can be read
  private static final String OTHER_PROMPT =
      "llava: the prompts use the model's own chat template; the paper's scores of LLaVA-1.5 were"
          + " measured with other prompts, those of --template vicuna_v1";
  private static final Duration JUDGE_PAUSE = Duration.ofSeconds(1);

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "TASK",
      description =
          "vqav2, gqa, vizwiz, scienceqa, textvqa, pope, mme, mmbench, mmbench-cn, seed,"
              + " llavabench, mmvet; heldout (the test set of the small mixture); or only tiny (a bundled"
              + " miniature of all the paper's benchmarks).")
  private List<String> tasks;

  @Mixin private ModelOptions model;

  @Mixin private PixelLimit limit;

  @Mixin private SeedVideos videos;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The folder of the benchmarks' files, one folder per benchmark.")
  private Path data;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "The output folder for answers, submission files and the report.")
  private Path out;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "4",
      description = "Number of questions per batch. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description =
          "Maximum number of tokens of an answer. Default: the official number, or 16 for tiny. Scores"
              + " with another number are not comparable.")
  private Integer maxTokens;

  @Option(
      names = "--shard",
      paramLabel = "I/N",
      description =
          "Ask only the I-th of N parts of the questions, I from 0. Combine the parts with --merge N.")
  private String shard;

  @Option(
      names = "--merge",
      paramLabel = "N",
      description =
          "Combine the answers of N shards and score them. No model is opened; the options of the shards"
              + " may be repeated.")
  private Integer merge;

  @Option(
      names = "--against",
      paramLabel = "DIR",
      description =
          "The --out folder of another model. The report compares both models, question by question.")
  private Path against;

  @Option(
      names = "--blind",
      description = "Ask without the images, to measure how many answers can be guessed.")
  private boolean blind;

  @Option(
      names = "--sheet",
      paramLabel = "SEED",
      description =
          "Also write a page with 20 questions and answers, selected with this random seed.")
  private Long sheet;

  @Option(
      names = "--judge-url",
      paramLabel = "URL",
      description =
          "An OpenAI-compatible server that judges the answers to llavabench and mmvet. Without it, their"
              + " score is a word overlap, which is not comparable.")
  private URI judgeUrl;

  @Option(
      names = "--judge-model",
      paramLabel = "NAME",
      defaultValue = "gpt-4-0314",
      description = "The judge's model. Default: ${DEFAULT-VALUE}, as in the paper.")
  private String judgeModel;

  @Option(
      names = "--judge-key",
      paramLabel = "VARIABLE",
      defaultValue = "OPENAI_API_KEY",
      description = "The environment variable with the judge's API key. Default: ${DEFAULT-VALUE}.")
  private String judgeKey;

  @Override
  public Integer call() {
    requireUsed();
    NativeRuntime.prepareForInference();
    Shard part = shard == null ? Shard.whole() : Shard.parse(shard);
    try (FolderLock _ = EvalRun.lock(out, part)) {
      run(part);
    }
    return 0;
  }

  private void run(Shard part) {
    List<Task> opened = open();
    // before hours of questions, so that a wrong folder is refused at once
    List<EvalResult> others = against == null ? List.of() : others(opened);
    List<EvalResult> results = new ArrayList<>();
    if (merge == null) {
      ask(opened, part, results);
    } else {
      opened.forEach(
          task -> results.add(result(task, EvalRun.settingsIn(out, task, merge), merge)));
    }
    if (!results.isEmpty()) {
      spec.commandLine().getOut().println(new EvalReport(results, others, note()).write(out));
      if (sheet != null) {
        for (EvalResult result : results) {
          Path page = out.resolve(result.task().name().word() + "-sheet.html");
          new AnswerSheet(result, ON_A_SHEET, sheet).write(page);
          spec.commandLine().getOut().println(page);
        }
      }
    }
  }

  private void requireUsed() {
    if (tasks.equals(List.of(TINY))) {
      Unused.refuse(spec, "tiny has its own files", "--data");
    }
    if (merge != null) {
      if (merge < 1) {
        throw new BadInputException(
            "--merge is " + merge + "; give the number of shards, 1 for a run without them");
      }
      Unused.refuse(spec, "--merge combines all shards", "--shard");
    } else if (shard != null && Shard.parse(shard).count() > 1) {
      Unused.refuse(
          spec,
          "a single shard is not scored (see --merge)",
          "--against",
          "--sheet",
          "--judge-url",
          "--judge-model",
          "--judge-key");
    }
    if (!tasks.equals(List.of(TINY))) {
      tasks.forEach(TaskName::of);
      if (data == null) {
        throw new BadInputException("--data is missing; give the folder of the benchmarks' files");
      }
    }
    videos.requireUsed(spec, tasks, blind);
    if (judgeUrl == null) {
      Unused.refuse(spec, "no judge is named (see --judge-url)", "--judge-model", "--judge-key");
    }
  }

  /// Opens the benchmarks. Missing files are reported here, before the model is loaded.
  private List<Task> open() {
    List<TaskName> names = new ArrayList<>();
    Path from = data;
    if (tasks.equals(List.of(TINY))) {
      names.addAll(TaskName.ofThePaper());
      from = out.resolve("tiny-data");
      TinyBenchmarks.write(from);
    } else {
      tasks.forEach(word -> names.add(TaskName.of(word)));
    }
    List<Task> opened = new ArrayList<>();
    videos.cut(from, spec.commandLine().getErr());
    for (TaskName name : names) {
      Task opening = Tasks.open(name, from);
      Task task = blind ? new BlindTask(opening) : opening;
      Tasks.requireImages(task);
      Tasks.requireTruth(task);
      if (judgeUrl != null) {
        judged(task).ifPresent(JudgedTask::requireJudgesFiles);
      }
      opened.add(task);
    }
    return opened;
  }

  private Optional<String> note() {
    return tasks.equals(List.of(TINY))
        ? Optional.of(
            "These are the bundled miniatures of the benchmarks, with a few drawings each. They test"
                + " the commands and do not measure the model; the paper's scores are from the real benchmarks.")
        : Optional.empty();
  }

  /// The scores of another run with the same questions.
  private List<EvalResult> others(List<Task> opened) {
    List<EvalResult> others = new ArrayList<>();
    for (Task task : opened) {
      RunSettings settings = EvalRun.settingsIn(against, task, 1);
      List<Answer> answers = EvalRun.collect(task, against, settings, 1);
      others.add(scored(task, settings, answers, against));
    }
    return others;
  }

  /// Asks the unanswered questions, and scores each benchmark when all its answers are there.
  private void ask(List<Task> opened, Shard part, List<EvalResult> results) {
    LoadOptions options = model.loadOptions();
    Checkpoint checkpoint = model.open(spec.commandLine().getErr());
    String weights = fingerprint(checkpoint);
    try (Llava llava = model.load(checkpoint, options)) {
      model.tell(llava, spec.commandLine().getErr());
      if (asksOtherwise(llava.template())) {
        spec.commandLine().getErr().println(OTHER_PROMPT);
      }
      for (Task task : opened) {
        RunSettings settings =
            RunSettings.of(
                task, ModelAnswerer.asked(llava, options, weights, limit.pixels(), tokens(task)));
        EvalRun run = new EvalRun(task, settings, out, part, batch);
        try (Progress progress = Progress.count(task.name().word(), "questions")) {
          run.run(new ModelAnswerer(llava, settings.asked()), progress::update);
        }
        if (part.count() == 1) {
          results.add(result(task, settings, 1));
        } else {
          spec.commandLine()
              .getOut()
              .println(
                  task.name().title()
                      + ": shard "
                      + shard
                      + " is complete; when all shards are, combine them with --merge "
                      + part.count());
        }
      }
    }
  }

  /// Whether the model's own chat template writes another prompt than the original evaluation. The
  /// one of Hugging Face's LLaVA-1.5 does: it has no system prompt.
  private static boolean asksOtherwise(PromptTemplate template) {
    List<String> question = List.of("<image>\nWhat is this?");
    return template instanceof ChatTemplate
        && !template
            .prompt(Optional.empty(), question)
            .equals(ConversationTemplate.VICUNA_V1.prompt(Optional.empty(), question));
  }

  /// The fingerprint of the weights. Closes the checkpoint if they cannot be read.
  private static String fingerprint(Checkpoint checkpoint) {
    try {
      return WeightsFingerprint.of(checkpoint.inferenceWeights());
    } catch (RuntimeException e) {
      checkpoint.close();
      throw e;
    }
  }

  private EvalResult result(Task task, RunSettings settings, int shards) {
    List<Answer> answers = EvalRun.collect(task, out, settings, shards);
    EvalResult result = scored(task, settings, answers, out);
    PrintWriter text = spec.commandLine().getOut();
    result
        .score()
        .ifPresentOrElse(
            found ->
                text.printf(
                    Locale.ROOT,
                    "%s: %s %.2f%s%n",
                    task.name().title(),
                    found.name(),
                    found.value(),
                    task.name()
                        .published()
                        .filter(paper -> paper.figure().equals(found.name()))
                        .map(paper -> " (LLaVA-1.5 7B in the paper: " + paper.seven() + ")")
                        .orElse("")),
            () ->
                text.println(
                    task.name().title()
                        + ": scored by the benchmark's server; the report has the steps"));
    List<Path> files = task.writeSubmission(answers, out.resolve("submissions"));
    if (!files.isEmpty()) {
      text.println(
          "submission: "
              + files.getFirst()
              + (files.size() == 1
                  ? ""
                  : " and " + (files.size() - 1) + " more in the same folder"));
    }
    return result;
  }

  /// @param folder the folder of the answers and of the judge's ratings
  private EvalResult scored(Task task, RunSettings settings, List<Answer> answers, Path folder) {
    Optional<Score> score = task.score(answers);
    Optional<JudgedTask> judged = judged(task);
    if (score.isPresent() || judged.isEmpty()) {
      return new EvalResult(task, settings, answers, score);
    }
    if (judgeUrl == null) {
      return new EvalResult(
          task,
          settings,
          answers,
          Optional.of(WordOverlap.score(task.questions(), answers, judged.get().references())));
    }
    Judge judge =
        new OpenAiJudge(
            OpenAiJudge.Settings.official(
                judgeUrl, judgeModel, Optional.ofNullable(System.getenv(judgeKey))));
    Path reviews = folder.resolve(task.name().word() + ".reviews.jsonl");
    Judging judging = new Judging(judged.get(), judge, reviews, JUDGE_TRIES, JUDGE_PAUSE);
    Judging.Result verdicts;
    try (Progress progress = Progress.count("judging " + task.name().word(), "answers")) {
      verdicts = judging.judge(answers, done -> progress.update(done, answers.size()));
    }
    EvalResult result =
        new EvalResult(
            task,
            settings,
            answers,
            Optional.of(verdicts.score()),
            Optional.of(judge.name()),
            verdicts.unjudged());
    if (!result.unjudged().isEmpty()) {
      spec.commandLine()
          .getErr()
          .println(
              "llava: "
                  + judge.name()
                  + " gave no readable rating for question(s) "
                  + String.join(", ", result.unjudgedIds())
                  + " of "
                  + task.name().title()
                  + "; they are left out of the score; run the command again to ask the judge again");
    }
    return result;
  }

  private static Optional<JudgedTask> judged(Task task) {
    Task sighted = task instanceof BlindTask blind ? blind.sighted() : task;
    return sighted instanceof JudgedTask judged ? Optional.of(judged) : Optional.empty();
  }

  private int tokens(Task task) {
    if (maxTokens != null) {
      return maxTokens;
    }
    return tasks.equals(List.of(TINY)) ? TINY_TOKENS : task.maxNewTokens();
  }
}
