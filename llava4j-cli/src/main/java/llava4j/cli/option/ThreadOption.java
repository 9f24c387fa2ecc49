package llava4j.cli.option;

import java.util.OptionalInt;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ThreadCount;
import picocli.CommandLine.Option;

/// How many threads a command computes with.
public final class ThreadOption {
  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Threads that compute. Default: LLAVA_THREADS, else OMP_NUM_THREADS, else as many as there"
              + " are processors that this process may use. With --processes: of all of them"
              + " together.")
  private Integer threads;

  /// What was asked for on the command line.
  public OptionalInt asked() {
    return threads == null ? OptionalInt.empty() : OptionalInt.of(threads);
  }

  /// Makes it so, for libtorch and for our own kernels.
  ///
  /// @throws llava4j.error.BadInputException if the number makes no sense
  public ThreadCount apply() {
    return NativeRuntime.useThreads(asked());
  }
}
