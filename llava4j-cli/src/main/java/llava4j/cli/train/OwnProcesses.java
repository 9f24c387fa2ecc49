package llava4j.cli.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import llava4j.error.BadInputException;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.LaunchEnvironment;
import llava4j.train.distributed.LocalLauncher;
import llava4j.train.state.CheckpointStore;
import org.jline.utils.Signals;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/// The options of `llava train` for processes that it starts itself, on this machine.
final class OwnProcesses {
  /// Options, with one value each, that the processes do not get: the launcher follows them, and
  /// passes the number of threads in the environment.
  private static final List<String> OF_THE_LAUNCHER = List.of("--threads", "--restarts");

  @Option(
      names = "--processes",
      paramLabel = "N",
      description = "Number of processes to start on this machine.")
  private Integer processes;

  @Option(
      names = "--restarts",
      paramLabel = "N",
      description =
          "If a process is lost, start all of them again from the last checkpoint, up to N times."
              + " Default: 0.")
  private Integer restarts;

  /// Whether this process is to start others.
  ///
  /// @param environment the variables of this process
  /// @throws BadInputException if another launcher has started this process, which cannot restart
  ///   it
  boolean areAsked(Map<String, String> environment) {
    boolean launched = LaunchEnvironment.isLaunched(environment);
    if (launched && restarts != null) {
      throw new BadInputException(
          "--restarts is for processes that llava starts, but another launcher has started this one ("
              + LaunchEnvironment.WORLD_SIZE
              + " is set, or SLURM_PROCID and MASTER_ADDR); leave it out and let that launcher start the same"
              + " command again, such as torchrun with --max-restarts");
    }
    return !launched && (processes != null || restarts != null);
  }

  /// Checks that the variables of another launcher and `--processes` say the same.
  void requireFit(LaunchEnvironment environment) {
    if (processes != null && processes != environment.worldSize()) {
      throw new BadInputException(
          "--processes is "
              + processes
              + " but the environment variable "
              + LaunchEnvironment.WORLD_SIZE
              + " is "
              + environment.worldSize()
              + "; leave one of them out");
    }
  }

  /// Runs the command that is on the command line in processes, and again if one of them is lost.
  ///
  /// @param out the output folder of the run
  /// @return the exit code
  int run(CommandSpec spec, TrainConfig config, Path out) throws InterruptedException {
    int count = processes == null ? 1 : processes;
    if (count < 1) {
      throw new BadInputException("--processes is " + count + "; it must be at least 1");
    }
    if (restarts != null && restarts < 0) {
      throw new BadInputException("--restarts is " + restarts + "; it must be at least 0");
    }
    config.requireFits(count);
    LocalLauncher launcher =
        new LocalLauncher(
            spec.root().userObject().getClass().getName(),
            arguments(spec.commandLine().getParent().getParseResult()),
            System.out,
            System.err);
    for (String signal : List.of("INT", "TERM")) {
      Signals.register(signal, launcher::stop);
    }
    return launcher.runAgain(
        count,
        restarts == null ? 0 : restarts,
        Map.of(TrainReports.TERMINAL, String.valueOf(TrainReports.onTerminal())),
        () ->
            CheckpointStore.newestIn(out)
                .map(folder -> "from the checkpoint " + folder.getFileName())
                .orElse("from the first step, as there is no checkpoint yet"));
  }

  /// The command line for each process, with the content of files that were given as `@file`: it
  /// may have options of the launcher.
  static List<String> arguments(ParseResult parsed) {
    List<String> all = parsed.expandedArgs();
    List<String> kept = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      String argument = all.get(i);
      if (OF_THE_LAUNCHER.contains(argument)) {
        i++; // its value
      } else if (OF_THE_LAUNCHER.stream().noneMatch(name -> argument.startsWith(name + "="))) {
        kept.add(argument.startsWith("@") ? "@" + argument : argument); // as picocli escapes it
      }
    }
    return kept;
  }
}
