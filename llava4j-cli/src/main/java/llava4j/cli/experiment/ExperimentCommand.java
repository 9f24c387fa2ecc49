package llava4j.cli.experiment;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.cli.option.HubDownloads;
import llava4j.cli.option.ThreadOption;
import llava4j.cli.option.Unused;
import llava4j.error.BadInputException;
import llava4j.experiment.ExperimentRun;
import llava4j.experiment.ExperimentSettings;
import llava4j.experiment.Processor;
import llava4j.experiment.catalogue.Catalogue;
import llava4j.experiment.design.Experiment;
import llava4j.experiment.design.ExperimentName;
import llava4j.experiment.design.Scale;
import llava4j.experiment.work.StoppedException;
import llava4j.tensor.Device;
import llava4j.train.config.TrainConfig.Precision;
import llava4j.train.distributed.LocalLauncher;
import org.jline.utils.Signals;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `llava experiment [NAME] [--scale SCALE] [--data DIR] [--out DIR]`
@Command(
    name = "experiment",
    description = "Run one of the paper's findings again and compare.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  llava experiment",
      "  llava experiment format-prompt --scale smoke --out smoke",
      "  llava experiment format-prompt --data tiny-data --out experiments --seeds 3",
      "  llava experiment ladder --scale 7b --dry-run",
      "",
      "Without NAME it lists the experiments. A run can be stopped at any time; started again, it resumes.",
      "Experiments of one scale can share --out: what their arms have in common is made once."
    })
public final class ExperimentCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(arity = "0..1", paramLabel = "NAME", description = "The experiment.")
  private String name;

  @Option(
      names = "--scale",
      paramLabel = "SCALE",
      defaultValue = "tiny",
      description =
          "tiny (a model from random weights on the small mixture), 7b or 13b (the paper's data and"
              + " models), or smoke (made-up data, seconds, learns nothing). Default: ${DEFAULT-VALUE}.")
  private String scale;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "tiny-data",
      description =
          "The folder of 'llava data build tiny', or of the paper's two training files and their images."
              + " Default: ${DEFAULT-VALUE}.")
  private Path data;

  @Option(
      names = "--benchmarks",
      paramLabel = "DIR",
      description =
          "For 7b and 13b: the folder of the benchmarks' files, as for 'llava eval --data'.")
  private Path benchmarks;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "experiments",
      description = "The output folder for models, ledger and report. Default: ${DEFAULT-VALUE}.")
  private Path out;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "How many times each arm is trained; fewer than 3 give no verdict. Default:"
              + " ${DEFAULT-VALUE}.")
  private int seeds;

  @Option(
      names = "--dry-run",
      description = "Print arms, steps and predicted hours, and write nothing.")
  private boolean dryRun;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "${env:LLAVA_DEVICE:-auto}",
      description = "The device: cpu, cuda, cuda:N or auto. Default: LLAVA_DEVICE, or else auto.")
  private String device;

  @Option(names = "--offline", description = "Do not use the network.")
  private boolean offline;

  @Mixin private ThreadOption threads;

  @Override
  public Integer call() {
    PrintWriter print = spec.commandLine().getOut();
    if (name == null) {
      Unused.refuse(
          spec,
          "no experiment is named",
          "--scale",
          "--data",
          "--benchmarks",
          "--out",
          "--seeds",
          "--dry-run",
          "--device",
          "--offline",
          "--threads");
      list(print);
      return 0;
    }
    ExperimentName wanted = ExperimentName.of(name.toLowerCase(Locale.ROOT));
    Scale size = Scale.of(scale.toLowerCase(Locale.ROOT));
    requireUsed(size);
    threads.apply();
    Device where = Device.parse(device);
    Precision precision = Processor.precisionFor(where);
    Experiment experiment = Catalogue.of(wanted, size, precision);
    CheckpointOptions options =
        CheckpointOptions.none()
            .withHub(new HubDownloads(offline, spec.commandLine().getErr())::folderOf);
    ExperimentSettings settings =
        new ExperimentSettings(out, data, Optional.ofNullable(benchmarks), seeds, where, options);
    AtomicBoolean stop = new AtomicBoolean();
    ExperimentProgress progress = ExperimentProgress.onStandardError();
    ExperimentRun run = new ExperimentRun(experiment, settings, progress, stop::get);
    if (dryRun) {
      run.plan().lines().forEach(print::println);
      return 0;
    }
    for (String signal : List.of("INT", "TERM")) {
      Signals.register(signal, () -> stop.set(true));
    }
    try {
      ExperimentRun.Outcome outcome = run.run();
      outcome.judgement().reasons().forEach(print::println);
      print.println("verdict: " + outcome.judgement().verdict().words());
      outcome.report().forEach(print::println);
      return 0;
    } catch (StoppedException _) {
      spec.commandLine().getErr().println("llava: stopped; the same command goes on from here");
      return LocalLauncher.STOPPED;
    }
  }

  private void requireUsed(Scale size) {
    if (dryRun) {
      Unused.refuse(
          spec,
          "a dry run asks no questions and loads no model",
          "--benchmarks",
          "--offline",
          "--threads");
    }
    if (size == Scale.SMOKE) {
      Unused.refuse(spec, "smoke makes up its data", "--data");
    }
    if (size.isSmall()) {
      Unused.refuse(spec, size.word() + " asks the held-out questions of its data", "--benchmarks");
      if (offline) {
        throw new BadInputException(
            "--offline has no effect, because " + size.word() + " needs no download; leave it out");
      }
    }
  }

  private static void list(PrintWriter print) {
    for (ExperimentName one : ExperimentName.values()) {
      Experiment experiment = Catalogue.of(one, Scale.TINY, Precision.FP32);
      print.printf(
          Locale.ROOT,
          "%-16s %s: %d arms (%s)%n",
          one.word(),
          one.title(),
          experiment.arms().size(),
          experiment.where());
    }
  }
}
