package llava4j.cli.train;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import llava4j.checkpoint.Checkpoint;
import llava4j.cli.option.Unused;
import llava4j.config.Llava15;
import llava4j.config.LlavaConfig;
import llava4j.data.SampleFile;
import llava4j.error.BadInputException;
import llava4j.model.plan.Cluster;
import llava4j.train.BaseModel;
import llava4j.train.config.TrainConfig;
import llava4j.train.plan.TrainingData;
import llava4j.train.plan.TrainingPlan;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/// Options of a dry run for GPUs that are not at hand.
public final class PlanFlags {
  private static final int DOES_NOT_FIT = 1;

  @Option(
      names = "--on",
      paramLabel = "DEVICES",
      description =
          "With --dry-run: forecast the run on these GPUs from data sheets, such as 8xH100, or 4x8xH100 for"
              + " four machines. --base and --data may be left out for presets of the 7B and 13B.")
  private String on;

  @Option(
      names = "--network",
      paramLabel = "GBIT",
      description =
          "With --on: Gbit/s between machines for each GPU. Default: 200 for A100, 400 for H100 and H200.")
  private Double network;

  @Option(
      names = "--price",
      paramLabel = "AMOUNT",
      description = "With --on: the price of an hour of one GPU, for the cost of the run.")
  private Double price;

  /// Whether `--on` is given.
  ///
  /// @throws BadInputException if it is given without `--dry-run`, or options of it without it
  boolean isAsked(CommandSpec spec, boolean dryRun) {
    if (on == null) {
      Unused.refuse(spec, "it belongs to --on", "--network", "--price");
      return false;
    }
    if (!dryRun) {
      throw new BadInputException("--on only forecasts; add --dry-run");
    }
    Unused.refuse(
        spec,
        "--on says where the run would be",
        "--device",
        "--processes",
        "--restarts",
        "--threads",
        "--feature-cache",
        "--force",
        "--max-bad");
    requireAboveZero("--network", network);
    requireAboveZero("--price", price);
    return true;
  }

  private static void requireAboveZero(String option, Double value) {
    if (value != null && !(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new BadInputException(option + " is " + value + "; it must be above 0");
    }
  }

  private static OptionalDouble given(Double value) {
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  /// What would be trained.
  ///
  /// @param overrides settings that replace those of the preset, `key=value`
  /// @param model where the shapes come from if it is on this machine
  /// @param data what would be trained on; null if it is not given
  record Asked(
      TrainConfig config,
      List<String> overrides,
      BaseModel model,
      BaseModel.MaxLength maxLength,
      Path data) {}

  /// Prints the plan.
  ///
  /// @param used checks that options about the model had an effect, after it was opened
  /// @return the exit code: 1 if the run does not fit
  int print(CommandSpec spec, Asked asked, Consumer<Checkpoint> used) {
    Cluster cluster = Cluster.parse(on, given(network));
    if (network != null && cluster.nodes() == 1) {
      throw new BadInputException(
          "--network would have no effect: " + on + " is one machine; leave it out");
    }
    List<String> notes = new ArrayList<>();
    TrainConfig fitted = asked.config();
    BaseModel model = asked.model();
    LlavaConfig shapes;
    if (model.model() != null && Files.exists(Path.of(model.model()))) {
      try (BaseModel.Opened opened = model.open(fitted, asked.maxLength())) {
        used.accept(opened.checkpoint());
        shapes = opened.checkpoint().config();
        fitted = opened.config();
        notes.addAll(opened.notes());
      }
    } else {
      shapes = published(spec, model.model(), fitted, notes);
    }
    TrainingPlan plan = TrainingPlan.of(fitted, shapes, cluster, data(fitted, asked.data(), notes));
    PrintWriter out = spec.commandLine().getOut();
    notes.forEach(out::println);
    plan.lines(given(price), asked.overrides()).forEach(out::println);
    return plan.fits() ? 0 : DOES_NOT_FIT;
  }

  private static TrainingData data(TrainConfig config, Path data, List<String> notes) {
    if (data != null && Files.exists(data)) {
      try (SampleFile samples = SampleFile.open(data)) {
        return TrainingData.of(samples);
      }
    }
    if (!isOfPaper(config)) {
      throw new BadInputException(
          "--on needs the training samples of preset "
              + config.preset()
              + "; name their file with --data");
    }
    if (data != null) {
      notes.add(data + " is not on this machine");
    }
    return TrainingData.ofPaper(config);
  }

  private static LlavaConfig published(
      CommandSpec spec, String base, TrainConfig config, List<String> notes) {
    if (!isOfPaper(config)) {
      throw new BadInputException(
          "--on needs the shapes of the model of preset "
              + config.preset()
              + "; name a model that is on this machine with --base");
    }
    Unused.refuse(
        spec,
        "the shapes are the published ones, because "
            + (base == null ? "there is no --base" : base + " is not on this machine"),
        "--vision-tower",
        "--projector",
        "--projector-type");
    notes.add(
        "shapes: those of LLaVA-1.5"
            + (config.preset().endsWith("13b") ? "-13B" : "-7B")
            + (base == null ? "" : ", since " + base + " is not on this machine"));
    boolean large = config.preset().endsWith("13b");
    return switch (config.data().images()) {
      case HD -> large ? Llava15.hd13b() : Llava15.hd7b();
      case PAD, SQUARE -> large ? Llava15.vicuna13b() : Llava15.vicuna7b();
    };
  }

  private static boolean isOfPaper(TrainConfig config) {
    return config.preset().endsWith("7b") || config.preset().endsWith("13b");
  }
}
