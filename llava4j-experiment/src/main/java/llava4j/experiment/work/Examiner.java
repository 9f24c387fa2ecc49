package llava4j.experiment.work;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.BooleanSupplier;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.checkpoint.Checkpoint;
import llava4j.error.BadInputException;
import llava4j.eval.Answerer;
import llava4j.eval.EvalRun;
import llava4j.eval.ModelAnswerer;
import llava4j.eval.RunSettings;
import llava4j.eval.Shard;
import llava4j.eval.Tasks;
import llava4j.eval.task.Answer;
import llava4j.eval.task.HeldOutTask;
import llava4j.eval.task.Score;
import llava4j.eval.task.Task;
import llava4j.eval.task.TaskName;
import llava4j.experiment.design.Arm;
import llava4j.experiment.design.Arm.Asking;
import llava4j.experiment.design.Measure;
import llava4j.experiment.design.Model;
import llava4j.experiment.ledger.Figure;
import llava4j.image.decode.DecodeOptions;
import llava4j.tensor.Device;
import llava4j.text.template.ConversationTemplate;

/// Asks an arm's model the held-out questions, or the paper's benchmarks, and computes its figures.
public final class Examiner {
  private static final int BATCH = 32;

  private final Workplace workplace;
  private final ModelFiles files;
  private final Device device;
  private final Optional<Path> benchmarks;
  private final WorkListener listener;
  private final BooleanSupplier stopAsked;

  /// @param benchmarks the folder of the paper's benchmarks; small models do not need it
  public Examiner(
      Workplace workplace,
      ModelFiles files,
      Device device,
      Optional<Path> benchmarks,
      WorkListener listener,
      BooleanSupplier stopAsked) {
    this.workplace = workplace;
    this.files = files;
    this.device = device;
    this.benchmarks = benchmarks;
    this.listener = listener;
    this.stopAsked = stopAsked;
  }

  /// What was found.
  ///
  /// @param guesses what guessing reaches, for measures of right answers
  public record Result(
      SequencedMap<Measure, Figure> figures,
      Map<Measure, Double> guesses,
      int questions,
      double seconds) {}

  /// Asks what is not yet answered.
  ///
  /// @param model of one seed
  /// @param answers folder of this arm and seed
  /// @throws StoppedException if the user asked to stop
  public Result examine(Arm arm, Model.Trained model, List<Measure> measures, Path answers) {
    SequencedMap<Measure, Figure> figures = new LinkedHashMap<>();
    Map<Measure, Double> guesses = new LinkedHashMap<>();
    int questions = 0;
    long start = System.nanoTime();
    Checkpoint checkpoint = files.openToAsk(model);
    LoadOptions options =
        LoadOptions.defaults().withDevice(device).withTemplate(ConversationTemplate.VICUNA_V1);
    try (Llava llava = Llava.load(checkpoint, options)) {
      for (TaskName name : tasks(measures)) {
        Task task = task(name, arm.asking());
        List<Answer> given = ask(task, llava, model, answers);
        questions += given.size();
        if (name == TaskName.HELD_OUT) {
          HeldOutFigures held = new HeldOutFigures(task, given);
          measures.forEach(measure -> held.of(measure).ifPresent(one -> figures.put(measure, one)));
          measures.forEach(
              measure -> held.guess(measure).ifPresent(one -> guesses.put(measure, one)));
        } else {
          Optional<Score> score = task.score(given);
          score.ifPresent(
              found -> figures.put(measure(name), new Figure(found.value(), found.strata())));
        }
      }
    }
    return new Result(figures, guesses, questions, (System.nanoTime() - start) / 1e9);
  }

  private static Set<TaskName> tasks(List<Measure> measures) {
    Set<TaskName> names = new LinkedHashSet<>();
    for (Measure measure : measures) {
      if (measure != Measure.LOSS && measure != Measure.SECONDS) {
        names.add(measure.benchmark().orElse(TaskName.HELD_OUT));
      }
    }
    return names;
  }

  private static Measure measure(TaskName name) {
    for (Measure measure : Measure.values()) {
      if (measure.benchmark().equals(Optional.of(name))) {
        return measure;
      }
    }
    throw new IllegalArgumentException(name.word());
  }

  /// Opens the benchmarks of an experiment, to report what is missing before anything is trained.
  ///
  /// @throws BadInputException if a file is missing
  public void requireTasks(List<Measure> measures) {
    tasks(measures).forEach(name -> Tasks.requireImages(task(name, Asking.PROMPTED)));
  }

  private Task task(TaskName name, Asking asking) {
    Task task;
    if (name == TaskName.HELD_OUT) {
      task = HeldOutTask.in(workplace.data());
    } else {
      Path folder =
          benchmarks.orElseThrow(() ->
              new BadInputException(
                  "--benchmarks is missing; name the folder of the benchmarks' files, as for 'llava"
                      + " eval --data'"));
      task = Tasks.open(name, folder);
    }
    return switch (asking) {
      case PROMPTED -> task;
      case UNPROMPTED -> new UnpromptedTask(task);
    };
  }

  private List<Answer> ask(Task task, Llava llava, Model.Trained model, Path answers) {
    RunSettings settings =
        RunSettings.of(
            task,
            new RunSettings.Asked(
                "arm",
                model.key(),
                llava.template().key(),
                llava.model().config().imageMode() + ", " + llava.model().config().patchMerge(),
                RunSettings.Orientation.IGNORED,
                DecodeOptions.DEFAULT_MAX_PIXELS,
                device.toString(),
                task.maxNewTokens()));
    Answerer answerer = new ModelAnswerer(llava, settings.asked());
    EvalRun run = new EvalRun(task, settings, answers, Shard.whole(), BATCH);
    run.run(
        questions -> {
          if (stopAsked.getAsBoolean()) {
            throw new StoppedException();
          }
          return answerer.answer(questions);
        },
        listener::onAnswers);
    return EvalRun.collect(task, answers, settings, 1);
  }
}
