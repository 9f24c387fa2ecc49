package llava4j.cli.option;

import java.util.OptionalInt;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ThreadCount;
import picocli.CommandLine.Option;

/// The number of compute threads of a command.
public final class ThreadOption {
  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Number of compute threads. Default: LLAVA_THREADS, or else OMP_NUM_THREADS, or else the number"
              + " of processors that this process may use. With --processes: the total of all"
              + " processes.")
  private Integer threads;

  /// The value on the command line.
  public OptionalInt asked() {
    return threads == null ? OptionalInt.empty() : OptionalInt.of(threads);
  }

  /// Sets the number of threads, for libtorch and for our own kernels.
  ///
  /// @throws llava4j.error.BadInputException if the number is out of range
  public ThreadCount apply() {
    return NativeRuntime.useThreads(asked());
  }
}
