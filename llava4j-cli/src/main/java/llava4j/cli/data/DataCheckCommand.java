package llava4j.cli.data;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.cli.option.HubDownloads;
import llava4j.cli.option.PixelLimit;
import llava4j.cli.option.PresetNames;
import llava4j.cli.option.TrainingPresets;
import llava4j.cli.option.Unused;
import llava4j.config.ProjectorConfig;
import llava4j.data.check.CheckListener;
import llava4j.data.check.CheckReport;
import llava4j.data.check.DataCheck;
import llava4j.data.check.FixedCopy;
import llava4j.data.check.ProblemLog;
import llava4j.data.check.Severity;
import llava4j.data.check.Tally;
import llava4j.data.check.TokenRule;
import llava4j.error.BadInputException;
import llava4j.image.Preprocessor;
import llava4j.tensor.NativeRuntime;
import llava4j.text.tokenizer.Tokenizer;
import llava4j.train.BaseModel;
import llava4j.train.batch.SampleRows;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.TrainConfig;
import llava4j.train.report.LengthChart;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `llava data check FILE --images DIR [--model MODEL] [--fix FILE] [--out DIR]`
@Command(
    name = "check",
    description = "Report everything in a sample file that would harm a training run.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:no problems",
      "1:problems were found (or, with a stack trace, a bug in llava)",
      "2:the input or the command cannot be used",
      "130:interrupted"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  llava data check mine.json --images mine",
      "  llava data check llava_v1_5_mix665k.json --images data --model llava-v1.5-7b --out check",
      "  llava data check mine.json --images mine --fix clean.json",
      "",
      "With --model, the length of every sample is computed as in a run with --preset.",
      "--fix does not change the checked file. FILE.dropped.jsonl lists the samples left out, with reasons."
    })
final class DataCheckCommand implements Callable<Integer> {
  /// The exit code if problems were found.
  private static final int FOUND = 1;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      description = "The training samples, as LLaVA's JSON, or as JSONL (one object per line).")
  private Path file;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      defaultValue = ".",
      description = "The folder of the samples' images. Default: the current folder.")
  private Path images;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description =
          "The --base of the run; its tokenizer and its image tokens give the length of a sample.")
  private String model;

  @Option(
      names = "--vision-tower",
      paramLabel = "MODEL",
      description = "The CLIP model, if --model has no vision tower. Default: the paper's CLIP.")
  private String visionTower;

  @Option(
      names = "--preset",
      paramLabel = "PRESET",
      defaultValue = "finetune7b",
      completionCandidates = PresetNames.class,
      description = "The preset of the run: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private String preset;

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description =
          "Maximum number of tokens of a sample. Default: that of the preset, or the number of the model's"
              + " positions if it is smaller.")
  private Integer maxLength;

  @Mixin private PixelLimit limit;

  @Option(
      names = "--strict",
      description =
          "Samples that are only unusual count as problems too, for the exit code and for --fix.")
  private boolean strict;

  @Option(
      names = "--fix",
      paramLabel = "FILE",
      description = "Write the valid samples to this file (.json or .jsonl).")
  private Path fix;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Write check.txt, check.json, problems.jsonl (each problem of each sample) and"
              + " token_lengths.png to this folder.")
  private Path out;

  @Option(names = "--offline", description = "Do not use the network.")
  private boolean offline;

  @Override
  public Integer call() throws InterruptedException {
    TrainConfig config = config();
    if (model == null) {
      Unused.refuse(
          spec, "it applies only with --model", "--preset", "--vision-tower", "--offline");
      return check(Optional.empty());
    }
    NativeRuntime.prepare();
    CheckpointOptions options =
        CheckpointOptions.none()
            .withHub(new HubDownloads(offline, spec.commandLine().getErr())::folderOf);
    if (visionTower != null) {
      options = options.withVisionTower(visionTower);
    }
    BaseModel base =
        new BaseModel(model, Optional.empty(), ProjectorConfig.parse("mlp2x_gelu"), options);
    BaseModel.MaxLength rule =
        maxLength == null ? BaseModel.MaxLength.AT_MOST_POSITIONS : BaseModel.MaxLength.AS_GIVEN;
    try (BaseModel.Opened opened = base.open(config, rule);
        Tokenizer tokenizer = opened.checkpoint().tokenizer().get()) {
      opened.notes().forEach(note -> spec.commandLine().getErr().println("llava: " + note));
      Checkpoint checkpoint = opened.checkpoint();
      return check(
          Optional.of(
              new SampleRows(
                  config.data().template(),
                  tokenizer,
                  new Preprocessor(checkpoint.imageProcessor(), checkpoint.config().imageMode()),
                  checkpoint.config(),
                  opened.config().data().maxLength())));
    }
  }

  private TrainConfig config() {
    if (maxLength != null && model == null) {
      throw new BadInputException(
          "--max-length needs --model; name the model whose tokenizer counts the tokens");
    }
    return new ConfigFile()
        .with(
            TrainingPresets.named(preset),
            maxLength == null ? List.of() : List.of("maxLength=" + maxLength));
  }

  private int check(Optional<TokenRule> rows) throws InterruptedException {
    Severity severity = strict ? Severity.ALL : Severity.HURTING;
    DataCheck check =
        new DataCheck(images, limit.pixels(), rows, Runtime.getRuntime().availableProcessors());
    Tally tally = new Tally();
    try (ProblemLog log = out == null ? null : new ProblemLog(out.resolve("problems.jsonl"));
        FixedCopy fixed = fix == null ? null : new FixedCopy(fix, file, severity)) {
      List<CheckListener> listeners = new ArrayList<>(List.of(tally));
      if (log != null) {
        listeners.add(log);
      }
      if (fixed != null) {
        listeners.add(fixed);
      }
      try (SampleProgress progress = new SampleProgress("checking")) {
        check.run(file, progress, listeners);
      }
      CheckReport report =
          new CheckReport(
              file,
              tally,
              rows.map(rule -> OptionalInt.of(rule.maxLength())).orElse(OptionalInt.empty()),
              severity);
      PrintWriter text = spec.commandLine().getOut();
      text.print(report.text());
      if (log != null) {
        write(report, log);
      }
      if (fixed != null) {
        complete(fixed);
      }
      return tally.found(severity) ? FOUND : 0;
    }
  }

  private void write(CheckReport report, ProblemLog log) {
    report.write(out);
    log.complete();
    if (report.maxLength().isPresent() && report.tally().rows().count() > 0) {
      LengthChart.write(
          report.tally().rows(), report.maxLength().getAsInt(), out.resolve("token_lengths.png"));
    }
    spec.commandLine().getOut().println("report: " + out);
  }

  private void complete(FixedCopy fixed) {
    fixed.complete();
    spec.commandLine()
        .getOut()
        .println(
            "clean copy: "
                + fix
                + " with "
                + fixed.kept()
                + " samples; "
                + fixed.dropped()
                + " left out, listed in "
                + fixed.droppedList());
  }
}
