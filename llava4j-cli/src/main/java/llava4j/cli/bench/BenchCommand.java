package llava4j.cli.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Stream;
import llava4j.LoadOptions;
import llava4j.checkpoint.Checkpoint;
import llava4j.cli.option.ModelOptions;
import llava4j.cli.option.PackageFolder;
import llava4j.cli.option.Unused;
import llava4j.data.fetch.PackageClient;
import llava4j.error.BadInputException;
import llava4j.model.cache.KvFormat;
import llava4j.tensor.Device;
import llava4j.tensor.Processor;
import llava4j.tensor.ThreadCount;
import llava4j.tensor.WeightFormat;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `llava bench MODEL`
@Command(
    name = "bench",
    description = "Measure a model's speed and memory on this machine, with random prompts.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  llava bench llava-v1.5-7b",
      "  llava bench model-q4_0.gguf --threads 2 --prefill 640 --sequences 1,8 --json",
      "  llava bench model-q4_0.gguf --against llama.cpp",
      "",
      "--against llama.cpp has npm download llama.cpp's libraries, pinned to the byte, into",
      "~/.cache/llava4j/packages; both programs take turns with the same file, threads and prompts."
    })
public final class BenchCommand implements Callable<Integer> {
  private static final String LLAMA_CPP = "llama.cpp";
  private static final int DIFFERENT_ANSWERS = 1;

  @Spec private CommandSpec spec;
  @Mixin private ModelOptions options;

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "As --model: a folder, a .gguf file, or a name of a hub.")
  private String named;

  @Option(
      names = "--prefill",
      split = ",",
      paramLabel = "ROWS",
      description =
          "Lengths of prompts. Default: 64,128,256,512,1024,2048, as far as the context reaches.")
  private List<Integer> prefills = List.of();

  @Option(
      names = "--sequences",
      split = ",",
      paramLabel = "N",
      defaultValue = "1,2,4,8",
      description = "How many answers grow side by side. Default: ${DEFAULT-VALUE}.")
  private List<Integer> sequences = List.of();

  @Option(
      names = "--decode",
      paramLabel = "N",
      defaultValue = "32",
      description = "Tokens of each answer. Default: ${DEFAULT-VALUE}.")
  private int decodeTokens;

  @Option(
      names = "--depth",
      paramLabel = "ROWS",
      defaultValue = "64",
      description = "Rows that stand before an answer. Default: ${DEFAULT-VALUE}.")
  private int depth;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "3",
      description = "Measurements of each line; the median counts. Default: ${DEFAULT-VALUE}.")
  private int repeats;

  @Option(names = "--no-image", description = "Leave out the image and the first token behind it.")
  private boolean withoutImage;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "Of the prompts. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(names = "--json", description = "Print one JSON object instead of the table.")
  private boolean json;

  @Option(
      names = "--against",
      paramLabel = "PROGRAM",
      description = "llama.cpp: run the same on it, of a .gguf file.")
  private String against;

  @Option(
      names = "--llama-cpp",
      paramLabel = "DIR",
      description =
          "A folder with the libraries of llama.cpp " + LlamaLayouts.VERSION + " (libllama.so).")
  private Path llamaCpp;

  @Override
  public Integer call() {
    options.refusePrefixCache("bench reads every prompt anew");
    PrintWriter err = spec.commandLine().getErr();
    Consumer<String> progress =
        text -> {
          err.println("llava: " + text);
          err.flush();
        };
    BenchPlan plan =
        new BenchPlan(prefills, sequences, decodeTokens, depth, repeats, !withoutImage, seed);
    Unused.refuse(spec, "prompts are random ids, which no template writes", "--template");
    if (named != null) {
      Unused.refuse(spec, "the model is named already", "--model");
    }
    Optional<Path> file = fileForBoth();
    ThreadCount threads = options.threads().apply();
    Optional<LlamaFiles> files = file.map(_ -> llamaFiles(progress));
    BenchResult result = measured(plan, threads, file, files, progress);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(BenchJson.of(result));
    } else {
      BenchText.print(result, out);
    }
    return result.check().map(AnswerCheck::agrees).orElse(true) ? 0 : DIFFERENT_ANSWERS;
  }

  private BenchResult measured(
      BenchPlan plan,
      ThreadCount threads,
      Optional<Path> file,
      Optional<LlamaFiles> files,
      Consumer<String> progress) {
    LoadOptions load = options.loadOptions();
    String name;
    Checkpoint.Dialect dialect;
    try (Checkpoint checkpoint = open()) {
      name = checkpoint.name();
      dialect = checkpoint.dialect();
      progress.accept("reading " + name + " once, so that loading finds it in the system's memory");
      read(checkpoint.location());
    }
    try (OurEngine ours = new OurEngine(this::open, load);
        Other other =
            new Other(
                files.map(found -> new LlamaProcess(found, file.orElseThrow(), threads.count())))) {
      BenchRun run = new BenchRun(plan, ours, other.process(), progress);
      List<BenchLine> lines = run.run();
      progress.accept("measuring how fast memory is read and matrices are multiplied");
      return new BenchResult(
          name,
          dialect.toString(),
          load.device().toString(),
          load.weights().toString(),
          threads,
          Processor.ofThisMachine(),
          BenchResult.openBlas(System.getenv()),
          run.plan(),
          ReadSpeed.gigabytesPerSecond(threads.count()),
          load.device() instanceof Device.Cpu ? ProductSpeed.gigaOperationsPerSecond() : Double.NaN,
          ours.rowWeights(),
          ours.stepBytes(),
          ours.storedStepBytes(),
          ours.memory().cacheBytesPerToken(),
          other.process().map(LlamaProcess::version),
          run.check(),
          lines);
    }
  }

  /// Closes the other program, if there is one.
  private record Other(Optional<LlamaProcess> process) implements AutoCloseable {
    @Override
    public void close() {
      process.ifPresent(LlamaProcess::close);
    }
  }

  private Checkpoint open() {
    PrintWriter err = spec.commandLine().getErr();
    return named != null ? options.open(named, err) : options.inspect(err);
  }

  /// The file that the other program runs too; empty where there is none.
  private Optional<Path> fileForBoth() {
    if (against == null) {
      Unused.refuse(spec, "only --against llama.cpp runs it", "--llama-cpp");
      return Optional.empty();
    }
    if (!against.equals(LLAMA_CPP)) {
      throw new BadInputException("--against knows " + LLAMA_CPP + ", not '" + against + "'");
    }
    if (!(options.parsedDevice() instanceof Device.Cpu)) {
      throw new BadInputException(
          "--against llama.cpp compares on the processor; leave --device and LLAVA_DEVICE out");
    }
    if (options.parsedWeights() != WeightFormat.AUTO) {
      throw new BadInputException(
          "--against llama.cpp compares the file's own weights; leave --weights out");
    }
    if (options.parsedKvCache() != KvFormat.AUTO) {
      throw new BadInputException(
          "--against llama.cpp compares with a KV cache in fp16; leave --kv-cache out");
    }
    String model = Optional.ofNullable(named).or(options::named).orElse("the bundled model");
    if (!model.endsWith(".gguf") || !Files.isRegularFile(Path.of(model))) {
      throw new BadInputException(
          "--against llama.cpp needs a .gguf file, which "
              + model
              + " is not; 'llava convert --to gguf-f16' makes one");
    }
    return Optional.of(Path.of(model));
  }

  private LlamaFiles llamaFiles(Consumer<String> progress) {
    return llamaCpp != null
        ? LlamaFiles.in(llamaCpp)
        : LlamaFiles.downloaded(
            PackageFolder.of(System.getenv("XDG_CACHE_HOME")), PackageClient.programs(), progress);
  }

  /// Reads a model's files into the system's memory, so that no one who loads them waits for a
  /// disk.
  private static void read(Path location) {
    try (Stream<Path> files =
        Files.isDirectory(location) ? Files.list(location) : Stream.of(location)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        try (InputStream in = Files.newInputStream(file)) {
          in.transferTo(OutputStream.nullOutputStream());
        }
      }
    } catch (IOException e) {
      throw new BadInputException(location + " cannot be read: " + e.getMessage(), e);
    }
  }
}
