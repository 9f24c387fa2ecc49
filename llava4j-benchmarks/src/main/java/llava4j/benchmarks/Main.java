package llava4j.benchmarks;

import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import llava4j.tensor.NativeRuntime;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Runs benchmarks by name. Exit code 0: all required ratios were met; 1: one was missed or a
/// result was wrong; 2: the command cannot be used.
@Command(
    name = "bench",
    description = "Measure llava4j and compare it with a reference on the same machine.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class Main implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", arity = "1..*", description = "Benchmarks to run, or all.")
  private List<String> names;

  @Option(
      names = "--repeats",
      defaultValue = "5",
      description = "Number of timed runs of each side. Default: ${DEFAULT-VALUE}.")
  private int repeats;

  @Option(
      names = "--threads",
      description =
          "Number of compute threads. Default: LLAVA_THREADS, or else the number of processors.")
  private Integer threads;

  @Option(names = "--record", description = "Append the results to the file of this machine.")
  private boolean record;

  @Option(
      names = "--folder",
      defaultValue = "docs/benchmarks",
      description = "The folder of the recorded results. Default: ${DEFAULT-VALUE}.")
  private Path folder;

  @Option(
      names = "--zip",
      paramLabel = "FILE",
      description = "Schemas with instances, as MaskBench has them; for maskbench only.")
  private Path zip;

  @Option(
      names = "--model",
      paramLabel = "PATH",
      defaultValue = "models/llava-tiny",
      description = "The model of serve. Default: ${DEFAULT-VALUE}.")
  private Path model;

  @Option(
      names = "--against",
      paramLabel = "URL",
      description =
          "An OpenAI-compatible server of the same model, such as a llama-server that was started before; for serve"
              + " only.")
  private URI against;

  @Option(
      names = "--cases",
      split = ",",
      paramLabel = "NAME",
      description =
          "Runs of scaling: size and number of processes; only for scaling. Default: all of"
              + " ${COMPLETION-CANDIDATES}.")
  private Set<ScalingCase> cases = EnumSet.allOf(ScalingCase.class);

  @Spec private CommandSpec spec;

  /// Parses, measures and ends the process.
  public static void main(String[] arguments) {
    NativeRuntime.prepareForInference();
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new Main());
    StringBuilder described = new StringBuilder("%nBenchmarks:%n");
    for (Benchmark benchmark : benchmarks(null, Path.of(""), Optional.empty(), Set.of())) {
      described.append(
          String.format(
              Locale.ROOT,
              "  %-11s %s%%n",
              benchmark.name(),
              benchmark.description().replace("%", "%%")));
    }
    commandLine.getCommandSpec().usageMessage().footer(described.toString());
    return commandLine.setUsageHelpAutoWidth(true);
  }

  private List<Benchmark> benchmarks() {
    return benchmarks(zip, model, Optional.ofNullable(against), cases);
  }

  /// @param zip what maskbench measures; null if it is not run
  /// @param model what is served
  /// @param against the server to compare with
  /// @param cases the runs of scaling
  static List<Benchmark> benchmarks(
      Path zip, Path model, Optional<URI> against, Set<ScalingCase> cases) {
    return List.of(
        new VisionBenchmark(),
        new PrefillBenchmark(),
        new DecodeBenchmark(),
        new StepBenchmark(),
        new PreprocessBenchmark(),
        new LoadBenchmark(),
        new TurnsBenchmark(),
        new NeighbourBenchmark(),
        new PoolsBenchmark(),
        new BlocksBenchmark(),
        new RowsBenchmark(),
        new TrainStepBenchmark(),
        new TrainInputBenchmark(),
        new ZeroMemoryBenchmark(),
        new ScalingBenchmark(cases),
        new EvalScoreBenchmark(),
        new EvalRunBenchmark(),
        new ServeBenchmark(model, against),
        new MaskBenchmark(zip));
  }

  @Override
  public Integer call() {
    if (repeats < 1) {
      throw new ParameterException(spec.commandLine(), "--repeats must be at least 1");
    }
    if (names.contains("maskbench") && (zip == null || !Files.isReadable(zip))) {
      throw new ParameterException(
          spec.commandLine(), "maskbench needs --zip FILE with a file that can be read");
    }
    if (against != null && !names.contains("serve")) {
      throw new ParameterException(spec.commandLine(), "--against is for serve only");
    }
    if (spec.commandLine().getParseResult().hasMatchedOption("--cases")
        && !names.contains("scaling")) {
      throw new ParameterException(spec.commandLine(), "--cases is for scaling only");
    }
    PrintWriter out = spec.commandLine().getOut();
    NativeRuntime.useThreads(threads == null ? OptionalInt.empty() : OptionalInt.of(threads));
    Machine machine = Machine.here();
    out.println(machine + ", libtorch " + NativeRuntime.cpuCapability());
    boolean good = true;
    for (Benchmark benchmark : chosen()) {
      good &= run(benchmark, machine, out);
    }
    return good ? 0 : 1;
  }

  private boolean run(Benchmark benchmark, Machine machine, PrintWriter out) {
    out.println();
    out.println(benchmark.name() + ": " + benchmark.description());
    out.flush();
    Report report;
    try {
      report = benchmark.run(repeats, out);
    } catch (Benchmark.WrongAnswerException e) {
      out.println("  " + e.getMessage());
      return false;
    }
    report.bars().forEach(bar -> out.println("  => " + bar));
    if (record) {
      Path file =
          new Records(folder)
              .append(
                  benchmark.name(),
                  machine,
                  Machine.commit(),
                  LocalDate.now(ZoneOffset.UTC),
                  report);
      out.println("  recorded in " + file);
    }
    out.flush();
    return report.bars().stream().allMatch(Report.Bar::isMet);
  }

  private List<Benchmark> chosen() {
    if (names.contains("all")) {
      return benchmarks();
    }
    return names.stream().map(this::byName).toList();
  }

  private Benchmark byName(String name) {
    return benchmarks().stream()
        .filter(benchmark -> benchmark.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new ParameterException(
                spec.commandLine(),
                "unknown benchmark '"
                    + name
                    + "'; use one of "
                    + String.join(", ", benchmarks().stream().map(Benchmark::name).toList())
                    + " or all"));
  }
}
