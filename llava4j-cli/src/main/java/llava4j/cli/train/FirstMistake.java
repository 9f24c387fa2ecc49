package llava4j.cli.train;

import java.util.Optional;
import llava4j.cli.terminal.Failures;
import llava4j.error.BadInputException;
import llava4j.train.distributed.EarlyFailure;
import llava4j.train.distributed.LaunchEnvironment;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/// A mistake that one process of several finds before it has joined the others, which wait for it.
final class FirstMistake {
  private FirstMistake() {}

  /// Prints the sentence, then tells the others, which may take a minute.
  ///
  /// @return the exit code
  /// @throws RuntimeException `failure` itself, if this process is alone
  static int tell(CommandSpec spec, RuntimeException failure) {
    Optional<LaunchEnvironment> run = others();
    if (run.isEmpty()) {
      throw failure;
    }
    int code =
        new Failures()
            .handleExecutionException(
                failure, spec.commandLine(), spec.commandLine().getParseResult());
    EarlyFailure.announce(
        run.get(),
        failure instanceof ParameterException usage
            ? new BadInputException(usage.getMessage(), usage)
            : failure);
    return code;
  }

  private static Optional<LaunchEnvironment> others() {
    try {
      LaunchEnvironment run = LaunchEnvironment.of(System.getenv());
      return run.worldSize() > 1 ? Optional.of(run) : Optional.empty();
    } catch (BadInputException e) {
      return Optional.empty(); // where they are is what cannot be read
    }
  }
}
