package llava4j.experiment;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import llava4j.experiment.design.Experiment;
import llava4j.experiment.design.Measure;
import llava4j.experiment.design.Model;
import llava4j.experiment.design.Scale;
import llava4j.experiment.design.Selection;
import llava4j.experiment.judge.Judgement;
import llava4j.experiment.judge.Results;
import llava4j.experiment.ledger.Entry;
import llava4j.experiment.ledger.Figure;
import llava4j.experiment.ledger.Ledger;
import llava4j.experiment.miniature.Miniature;
import llava4j.experiment.report.Report;
import llava4j.experiment.work.Costs;
import llava4j.experiment.work.Examiner;
import llava4j.experiment.work.Made;
import llava4j.experiment.work.Material;
import llava4j.experiment.work.ModelFiles;
import llava4j.experiment.work.ModelMaker;
import llava4j.experiment.work.Workplace;
import llava4j.io.FolderLock;

/// Runs an experiment arm by arm. Killed at any moment and started again, it goes on where it was:
/// finished arms are in the ledger, and the stage in progress resumes from its last checkpoint.
public final class ExperimentRun {
  private static final long SMALL_QUESTIONS = 750;
  private static final long PAPER_QUESTIONS = 30_000;

  private final Experiment experiment;
  private final ExperimentSettings settings;
  private final ExperimentListener listener;
  private final BooleanSupplier stopAsked;
  private final Workplace workplace;
  private final Material material;
  private final ModelFiles files;

  /// @param stopAsked returns whether to stop at the next step
  public ExperimentRun(
      Experiment experiment,
      ExperimentSettings settings,
      ExperimentListener listener,
      BooleanSupplier stopAsked) {
    this.experiment = experiment;
    this.settings = settings;
    this.listener = listener;
    this.stopAsked = stopAsked;
    Path data = ExperimentSettings.dataOf(experiment.scale(), settings.out(), settings.data());
    this.workplace = new Workplace(settings.out(), data, experiment.scale());
    this.material = new Material(workplace);
    this.files = new ModelFiles(workplace, settings.options());
  }

  /// What will be done, without doing it. Nothing is written.
  ///
  /// @throws llava4j.error.BadInputException if the folder is not a workplace for this scale and
  ///   data
  public ExperimentPlan plan() {
    workplace.requireOurs();
    return plan(new Ledger(ledgerFile()));
  }

  private ExperimentPlan plan(Ledger ledger) {
    long questions = experiment.scale().isSmall() ? SMALL_QUESTIONS : PAPER_QUESTIONS;
    double asking =
        experiment.scale() == Scale.SMOKE
            ? 1
            : ledger.entries().stream()
                .mapToDouble(Entry::askingSeconds)
                .average()
                .orElse(Costs.asking(questions));
    return new ExperimentPlan(
        experiment, settings.all(), new Costs(workplace, material), files, ledger, asking);
  }

  /// What came of it.
  ///
  /// @param report the files of the report
  public record Outcome(Judgement judgement, List<Path> report) {
    public Outcome {
      report = List.copyOf(report);
    }
  }

  /// Runs what is not finished and writes the report after every arm.
  ///
  /// @throws llava4j.error.BadInputException if data are missing, or the folder is not a workplace
  ///   for this scale and data
  /// @throws llava4j.experiment.work.StoppedException if the user asked to stop
  public Outcome run() {
    Examiner examiner =
        new Examiner(
            workplace, files, settings.device(), settings.benchmarks(), listener, stopAsked);
    if (experiment.scale() != Scale.SMOKE) { // before the folder is made
      requireInputs(examiner);
    }
    workplace.requireOurs();
    try (FolderLock _ = FolderLock.take(settings.out())) {
      workplace.claim();
      if (experiment.scale() == Scale.SMOKE) {
        Miniature.write(workplace.data());
        requireInputs(examiner);
      }
      Ledger ledger = new Ledger(ledgerFile());
      ExperimentPlan plan = plan(ledger);
      plan.lines().forEach(listener::onNote);
      List<ExperimentPlan.Item> open =
          plan.items().stream().filter(item -> !item.finished()).toList();
      double left = plan.seconds();
      for (int i = 0; i < open.size(); i++) {
        ExperimentPlan.Item item = open.get(i);
        listener.onArm(item.arm().name(), item.seed(), i + 1, open.size(), left);
        Entry entry = run(item, examiner);
        ledger.add(entry);
        listener.onFinished(entry);
        report(ledger);
        left -= item.seconds();
      }
      return report(ledger);
    }
  }

  private void requireInputs(Examiner examiner) {
    List<Selection> selections = new ArrayList<>();
    experiment
        .arms()
        .forEach(arm ->
            arm.model().lineage().stream()
                .filter(Model.Trained.class::isInstance)
                .map(model -> ((Model.Trained) model).data())
                .forEach(selections::add));
    material.requireFiles(selections);
    examiner.requireTasks(experiment.measures());
  }

  private Entry run(ExperimentPlan.Item item, Examiner examiner) {
    Model.Trained model = (Model.Trained) item.arm().model().seeded(item.seed());
    ModelMaker maker =
        new ModelMaker(workplace, material, files, settings.device(), listener, stopAsked);
    maker.make(model);
    String digest = experiment.settings(item.arm(), item.seed());
    Path answers = workplace.experiment(experiment.name()).resolve("answers").resolve(digest);
    Examiner.Result result = examiner.examine(item.arm(), model, experiment.measures(), answers);
    SequencedMap<Measure, Figure> figures = new LinkedHashMap<>(result.figures());
    Made made = files.made(model).orElseThrow();
    if (experiment.measures().contains(Measure.LOSS)) {
      figures.put(Measure.LOSS, Figure.of(made.loss()));
    }
    if (experiment.measures().contains(Measure.SECONDS)) {
      figures.put(Measure.SECONDS, Figure.of(ownSeconds(model).orElseThrow()));
    }
    return new Entry(
        experiment.name().word(),
        experiment.scale().word(),
        item.arm().name(),
        item.seed(),
        digest,
        figures,
        result.guesses(),
        model.lineage().stream().map(Model::key).toList(),
        result.questions(),
        result.seconds());
  }

  /// Seconds of the stages that are run for each seed; empty if the folder of one was deleted.
  private OptionalDouble ownSeconds(Model model) {
    double seconds = 0;
    for (Model one : model.lineage()) {
      if (one instanceof Model.Trained trained && trained.seeded()) {
        Optional<Made> made = files.made(one);
        if (made.isEmpty()) {
          return OptionalDouble.empty();
        }
        seconds += made.get().seconds();
      }
    }
    return OptionalDouble.of(seconds);
  }

  /// Of all finished arms with these settings, also those of more seeds than were asked for.
  private Outcome report(Ledger ledger) {
    SortedSet<Long> seeds = new TreeSet<>(settings.all());
    ledger.entries().forEach(entry -> seeds.add(entry.seed()));
    List<Entry> entries = new ArrayList<>();
    for (long seed : seeds) {
      experiment
          .arms()
          .forEach(arm ->
              ledger
                  .find(arm.name(), seed, experiment.settings(arm, seed))
                  .ifPresent(entries::add));
    }
    Judgement judgement = Judgement.of(experiment, entries);
    Results results = new Results(experiment, entries);
    List<List<String>> times = entries.stream().map(this::times).toList();
    Report report = new Report(experiment, results, judgement, how(results), times);
    return new Outcome(judgement, report.write(workplace.experiment(experiment.name())));
  }

  /// What an arm took, as a row of a table.
  private List<String> times(Entry entry) {
    OptionalDouble training = ownSeconds(experiment.arm(entry.arm()).model().seeded(entry.seed()));
    return List.of(
        entry.arm(),
        String.valueOf(entry.seed()),
        training.isPresent() ? ExperimentPlan.time(training.getAsDouble()) : "-",
        String.valueOf(entry.questions()),
        ExperimentPlan.time(entry.askingSeconds()));
  }

  /// Sentences about data, models and machine.
  private List<String> how(Results results) {
    long seeds = results.seeds().stream().reduce((long) settings.seeds(), Math::max);
    Model.Trained first = (Model.Trained) experiment.arms().getFirst().model();
    List<String> lines = new ArrayList<>();
    lines.add(
        "`llava experiment "
            + experiment.name().word()
            + " --scale "
            + experiment.scale().word()
            + " --seeds "
            + seeds
            + "`, on "
            + settings.device()
            + ", training in "
            + first.config().execution().precision()
            + ", over "
            + workplace.dataWords()
            + ".");
    double base =
        first.lineage().stream()
            .filter(one -> one instanceof Model.Trained trained && !trained.seeded())
            .flatMap(one -> files.made(one).stream())
            .mapToDouble(Made::seconds)
            .sum();
    if (base > 0) {
      lines.add(
          "The first arm's base took "
              + ExperimentPlan.time(base)
              + " and is shared; seeds change the order of samples and new weights, neither the base"
              + " nor the data.");
    }
    experiment
        .arms()
        .forEach(arm -> {
          Model.Trained last = (Model.Trained) arm.model();
          lines.add(
              String.format(
                  Locale.ROOT,
                  "%s: `%s` over %s; settings %s.",
                  arm.name(),
                  last.config().preset(),
                  last.data(),
                  experiment.settings(arm, 1)));
        });
    return lines;
  }

  private Path ledgerFile() {
    return workplace.experiment(experiment.name()).resolve("ledger.jsonl");
  }
}
