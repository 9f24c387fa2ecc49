package llava4j.cli.train;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.cli.option.HubDownloads;
import llava4j.cli.option.PixelLimit;
import llava4j.cli.option.PresetNames;
import llava4j.cli.option.ThreadOption;
import llava4j.cli.option.TrainingPresets;
import llava4j.cli.option.Unused;
import llava4j.config.ProjectorConfig;
import llava4j.error.BadInputException;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.tiny.train.EarlyStages;
import llava4j.train.BaseModel;
import llava4j.train.TrainJob;
import llava4j.train.Trainer;
import llava4j.train.TrainingListener;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.ConnectedProcesses;
import llava4j.train.distributed.LaunchEnvironment;
import llava4j.train.distributed.LauncherWatch;
import llava4j.train.distributed.LocalLauncher;
import llava4j.train.distributed.LostProcessException;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.report.JsonlLog;
import org.jline.utils.Signals;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `llava train PRESET --base ... --data ... --images ... --out ... [key=value ...]`
@Command(
    name = "train",
    description = "Train a model with one of the paper's recipes.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  llava train pretrain7b --base lmsys/vicuna-7b-v1.5 --data blip_laion_cc_sbu_558k.json \\",
      "      --images LLaVA-Pretrain --out llava-7b-pretrain",
      "  llava train finetune7b --base lmsys/vicuna-7b-v1.5 --projector llava-7b-pretrain/mm_projector.bin \\",
      "      --data llava_v1_5_mix665k.json --images data --out llava-7b",
      "  llava train lora7b --base llava-v1.5-7b --data my.json --images my --out my-lora learningRate=1e-4",
      "",
      "Several processes: --processes N on one machine; on several machines set RANK, WORLD_SIZE,",
      "MASTER_ADDR, MASTER_PORT and LOCAL_RANK, as torchrun, Slurm and Kubeflow do. If you start a run",
      "again with the same --out, it resumes from its last checkpoint; --restarts N does so by itself."
    })
public final class TrainCommand implements Callable<Integer> {
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(30);

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "PRESET",
      completionCandidates = PresetNames.class,
      description = "The recipe, one of: ${COMPLETION-CANDIDATES}.")
  private String preset;

  @Parameters(
      index = "1..*",
      paramLabel = "KEY=VALUE",
      description =
          "Replaces a value of the preset, such as globalBatch=64. train_config.json in --out lists"
              + " all keys.")
  private List<String> overrides = new ArrayList<>();

  @Option(
      names = "--base",
      paramLabel = "MODEL",
      description = "The model to start from: a LLaVA, or a language model such as Vicuna.")
  private String base;

  @Option(
      names = "--vision-tower",
      paramLabel = "MODEL",
      description = "The CLIP model, if --base has no vision tower. Default: the paper's CLIP.")
  private String visionTower;

  @Option(
      names = "--projector",
      paramLabel = "FILE",
      description = "The projector from stage 1: its mm_projector.bin.")
  private Path projector;

  @Option(
      names = "--projector-type",
      paramLabel = "TYPE",
      defaultValue = "mlp2x_gelu",
      description =
          "The type of the new projector, if --base has none: linear or mlpNx_gelu. Default:"
              + " ${DEFAULT-VALUE}.")
  private String projectorType;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "The training samples, as LLaVA's JSON, or as JSONL (one object per line).")
  private Path data;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      defaultValue = ".",
      description = "The folder of the samples' images. Default: the current folder.")
  private Path images;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The output folder for the result, the log and the checkpoints.")
  private Path out;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "${env:LLAVA_DEVICE:-auto}",
      description = "The device: cpu, cuda, cuda:N or auto. Default: LLAVA_DEVICE, or else auto.")
  private String device;

  @Mixin private OwnProcesses processes;

  @Option(
      names = "--feature-cache",
      paramLabel = "DIR",
      description = "Cache the output of the frozen vision tower in this folder.")
  private Path featureCache;

  @Option(
      names = "--max-bad",
      paramLabel = "N",
      description = "Number of unusable samples to skip before the run stops; short for maxBad=N.")
  private Integer maxBad;

  @Option(
      names = "--activation",
      paramLabel = "KIND",
      description =
          "recompute (gradient checkpointing, less memory) or keep (faster); short for activation=KIND.")
  private String activation;

  @Option(
      names = "--dry-run",
      description =
          "Train on two micro-batches, write nothing, and forecast memory and time of the whole run; with --on,"
              + " forecast it for other machines instead.")
  private boolean dryRun;

  @Option(
      names = "--force",
      description = "Resume from a checkpoint even if data or settings differ.")
  private boolean force;

  @Option(names = "--offline", description = "Do not use the network.")
  private boolean offline;

  @Mixin private PlanFlags plan;

  @Mixin private PixelLimit limit;

  @Mixin private ThreadOption threads;

  private boolean joining; // the others learn of a failure by the connection, or have met it too

  @Override
  public Integer call() throws Exception {
    LauncherWatch.start(
        System.getenv(), sentence -> endAtOnce(new LostProcessException(sentence, false, null)));
    try {
      return start();
    } catch (RuntimeException e) {
      if (joining) {
        throw e;
      }
      return FirstMistake.tell(spec, e);
    }
  }

  private int start() throws Exception {
    TrainConfig config = config();
    if (plan.isAsked(spec, dryRun)) {
      BaseModel model = baseModel(CheckpointOptions.none());
      return plan.print(
          spec,
          new PlanFlags.Asked(config, replacements(), model, maxLength(), data),
          this::requireUsed);
    }
    requireGiven();
    if (dryRun) {
      Unused.refuse(spec, "--dry-run is short and has no checkpoint to resume from", "--restarts");
    }
    if (processes.areAsked(System.getenv())) {
      NativeRuntime.chooseThreads(threads.asked()); // divided among the processes
      return processes.run(spec, config, out);
    }
    threads.apply();
    LaunchEnvironment environment = LaunchEnvironment.of(System.getenv());
    processes.requireFit(environment);
    Device where = device(environment);
    AtomicBoolean stop = new AtomicBoolean();
    for (String signal : List.of("INT", "TERM")) {
      Signals.register(signal, () -> askToStop(stop, environment));
    }
    joining = true;
    try (ProcessGroup group =
        ConnectedProcesses.join(environment, where, LONGEST_WAIT, this::endAtOnce)) {
      return trainTogether(config, group, where, stop);
    } catch (LostProcessException e) {
      return tell(e);
    }
  }

  /// The others learn of every failure, whenever it comes.
  private int trainTogether(
      TrainConfig config, ProcessGroup group, Device where, AtomicBoolean stop) {
    try {
      return train(config, group, where, stop);
    } catch (RuntimeException e) {
      group.announceFailure(e);
      throw e;
    }
  }

  private int train(TrainConfig config, ProcessGroup group, Device where, AtomicBoolean stop) {
    PrintWriter err = spec.commandLine().getErr();
    BaseModel model =
        baseModel(CheckpointOptions.none().withHub(new HubDownloads(offline, err)::folderOf));
    JsonlLog.requireNoOther(out);
    requireOtherFolder("--base", base);
    if (projector != null) {
      requireOtherFolder("--projector", projector.toString());
    }
    try (BaseModel.Opened opened = model.open(config, maxLength())) {
      requireUsed(opened.checkpoint());
      TrainJob job =
          new TrainJob(
                  opened.config(),
                  opened.checkpoint(),
                  data,
                  images,
                  out,
                  group,
                  where,
                  Optional.ofNullable(featureCache),
                  force)
              .withObjective(
                  EarlyStages.objective(opened.config(), data, opened.checkpoint().tokenizer()));
      TrainingListener reports = TrainReports.of(out, dryRun);
      if (group.rank() == 0) {
        opened.notes().forEach(reports::onNote);
      }
      Trainer trainer = new Trainer(job, reports, stop::get);
      if (dryRun) {
        trainer.dryRun();
        return 0;
      }
      Trainer.Result result = trainer.run();
      if (group.rank() == 0) {
        tell(result);
      }
      return result.finished() ? 0 : LocalLauncher.STOPPED;
    }
  }

  private BaseModel baseModel(CheckpointOptions options) {
    return new BaseModel(
        base,
        Optional.ofNullable(projector),
        ProjectorConfig.parse(projectorType),
        visionTower == null ? options : options.withVisionTower(visionTower));
  }

  private BaseModel.MaxLength maxLength() {
    return new ConfigFile().replaces(replacements(), "data.maxLength")
        ? BaseModel.MaxLength.AS_GIVEN
        : BaseModel.MaxLength.AT_MOST_POSITIONS;
  }

  /// What every run needs, unless it is only planned for other machines.
  private void requireGiven() {
    List<String> missing = new ArrayList<>();
    for (String option : List.of("--base", "--data", "--out")) {
      if (spec.findOption(option).getValue() == null) {
        missing.add("'" + option + "=" + spec.findOption(option).paramLabel() + "'");
      }
    }
    if (!missing.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          (missing.size() > 1 ? "Missing required options: " : "Missing required option: ")
              + String.join(", ", missing));
    }
  }

  /// The results would replace the files of the model that they come from.
  private void requireOtherFolder(String option, String model) {
    try {
      if (Files.exists(out)
          && Files.exists(Path.of(model))
          && Files.isSameFile(out, Path.of(model))) {
        throw new BadInputException(
            "--out is the folder of "
                + option
                + ", "
                + model
                + ", whose files the results would replace; name another folder");
      }
    } catch (IOException e) {
      throw new BadInputException(out + " cannot be read: " + e.getMessage(), e);
    }
  }

  private void tell(Trainer.Result result) {
    if (result.finished()) {
      result.results().forEach(spec.commandLine().getOut()::println);
    } else {
      spec.commandLine()
          .getErr()
          .println(
              "llava: stopped at step "
                  + result.steps()
                  + "; to resume: llava "
                  + String.join(
                      " ", spec.commandLine().getParent().getParseResult().originalArgs()));
    }
  }

  private void requireUsed(Checkpoint opened) {
    ProjectorConfig has = opened.config().projector();
    if (!has.equals(ProjectorConfig.parse(projectorType))) {
      Unused.refuse(
          spec, "--base or --projector has a projector already (" + has + ")", "--projector-type");
    }
  }

  private TrainConfig config() {
    return new ConfigFile().with(TrainingPresets.named(preset), replacements());
  }

  private List<String> replacements() {
    List<String> all = new ArrayList<>(overrides);
    if (maxBad != null) {
      all.add("maxBad=" + maxBad);
    }
    limit.asked().ifPresent(pixels -> all.add("maxPixels=" + pixels));
    if (activation != null) {
      all.add("activation=" + activation);
    }
    return all;
  }

  private Device device(LaunchEnvironment environment) {
    Device parsed = Device.parse(device);
    return switch (parsed) {
      case Device.Cpu cpu -> cpu;
      case Device.Cuda cuda ->
          environment.worldSize() > 1
              ? new Device.Cuda(environment.localRank()).requirePresent()
              : cuda;
    };
  }

  private void askToStop(AtomicBoolean stop, LaunchEnvironment environment) {
    if (!stop.getAndSet(true) && environment.rank() == 0) {
      spec.commandLine()
          .getErr()
          .println("\nllava: stopping after this step; a checkpoint is written");
    }
  }

  /// Another process has ended, and this one may be waiting for it in native code.
  private void endAtOnce(LostProcessException lost) {
    Runtime.getRuntime().halt(tell(lost));
  }

  /// @return the exit code
  private int tell(LostProcessException lost) {
    spec.commandLine().getErr().println("llava: " + lost.getMessage());
    return lost.byMistake() ? LocalLauncher.BAD_INPUT : LocalLauncher.LOST;
  }
}
