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
      description = "The model of serve and serve-against. Default: ${DEFAULT-VALUE}.")
  private Path model;

  @Option(
      names = "--against",
      paramLabel = "URL",
      description =
          "An OpenAI-compatible server of the same model, such as a llama-server that was started before; for serve"
              + " only.")
  private URI against;

  @Option(
      names = "--llama-server",
      paramLabel = "FILE",
      description = "llama.cpp's llama-server; for serve-against only.")
  private Path llamaServer;

  @Option(
      names = "--llama-options",
      split = " ",
      paramLabel = "OPTIONS",
      description = "Further options of llama-server, in one text; for serve-against only.")
  private List<String> llamaOptions = List.of();

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
    for (Benchmark benchmark : new Main().benchmarks()) {
      described.append(
          String.format(
              Locale.ROOT,
              "  %-13s %s%%n",
              benchmark.name(),
              benchmark.description().replace("%", "%%")));
    }
    commandLine.getCommandSpec().usageMessage().footer(described.toString());
    return commandLine.setUsageHelpAutoWidth(true);
  }

  private List<Benchmark> benchmarks() {
    Path served = model == null ? Path.of("") : model; // null before anything is parsed
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
        new ServeBenchmark(served, Optional.ofNullable(against)),
        new ServeAgainstBenchmark(served, Optional.ofNullable(llamaServer), llamaOptions),
        new MaskBenchmark(zip));
  }

  @Override
  public Integer call() {
    if (repeats < 1) {
      throw new ParameterException(spec.commandLine(), "--repeats must be at least 1");
    }
    requireOptions();
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

  private void requireOptions() {
    require(
        !names.contains("maskbench") || (zip != null && Files.isReadable(zip)),
        "maskbench needs --zip FILE with a file that can be read");
    require(against == null || names.contains("serve"), "--against is for serve only");
    require(
        !names.contains("serve-against")
            || (llamaServer != null
                && Files.isExecutable(llamaServer)
                && Files.isRegularFile(model)),
        "serve-against needs --llama-server FILE with a program that can be started, and --model FILE with a GGUF file");
    require(
        names.contains("serve-against") || (llamaServer == null && llamaOptions.isEmpty()),
        "--llama-server and --llama-options are for serve-against only");
    require(
        names.contains("scaling")
            || !spec.commandLine().getParseResult().hasMatchedOption("--cases"),
        "--cases is for scaling only");
  }

  private void require(boolean is, String sentence) {
    if (!is) {
      throw new ParameterException(spec.commandLine(), sentence);
    }
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
