package llava4j.cli.model;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.convert.CheckpointConverter;
import llava4j.checkpoint.gguf.GgmlType;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.cli.option.CheckpointFlags;
import llava4j.cli.option.ThreadOption;
import llava4j.cli.option.Unused;
import llava4j.cli.terminal.Progress;
import llava4j.error.BadInputException;
import llava4j.io.AtomicFile;
import llava4j.model.load.MemoryPlan;
import llava4j.tensor.Device;
import llava4j.tensor.WeightFormat;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `llava quantize MODEL --to q4 --out FOLDER`: what `llava convert --to gguf-q4_0` writes, with a
/// check of the free space, a result that appears whole or not at all, and a check of its quality.
@Command(
    name = "quantize",
    description =
        "Write a model with 4 or 8 bits per weight: a GGUF file and its mmproj file, for llava and llama.cpp.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  llava quantize llava-v1.5-7b --to q4 --out llava-7b-q4",
      "  llava quantize llava-v1.5-7b --to q8 --out llava-7b-q8 --check"
    })
public final class QuantizeCommand implements Callable<Integer> {
  /// Bits per weight.
  enum Bits {
    Q4(GgmlType.Q4_0, WeightFormat.Q4),
    Q8(GgmlType.Q8_0, WeightFormat.Q8);

    private final GgmlType type;
    private final WeightFormat format;

    Bits(GgmlType type, WeightFormat format) {
      this.type = type;
      this.format = format;
    }
  }

  /// Layouts of the result.
  enum Format {
    GGUF,
    SAFETENSORS
  }

  @Spec private CommandSpec spec;
  @Mixin private CheckpointFlags files;
  @Mixin private ThreadOption threads;

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description =
          "The model: a folder, a .gguf file or the name of a hub model. The same as --model.")
  private String named;

  @Option(
      names = "--to",
      required = true,
      paramLabel = "BITS",
      description =
          "q4 (Q4_0: 4 bits and a scale per 32 weights; the output head has 8 bits) or q8 (Q8_0).")
  private Bits bits;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FOLDER",
      description = "The output folder, new or empty.")
  private Path out;

  @Option(
      names = "--format",
      defaultValue = "GGUF",
      paramLabel = "FORMAT",
      description = "The layout of the result: gguf. Default: ${DEFAULT-VALUE}.")
  private Format format;

  @Option(
      names = "--check",
      description =
          "Afterwards, load both models one after the other and print how far the quantised model's"
              + " probabilities are from the model's on a few texts.")
  private boolean check;

  @Override
  public Integer call() {
    if (format == Format.SAFETENSORS) {
      throw new BadInputException(
          "--format safetensors has no quantised weights that other programs read; use --format gguf, or"
              + " keep the folder as it is and load it with --weights "
              + bits.format);
    }
    if (named != null) {
      Unused.refuse(spec, "the model is named already", "--model");
    }
    requireNew();
    threads.apply();
    PrintWriter err = spec.commandLine().getErr();
    try (Checkpoint checkpoint = open()) {
      WeightSource weights = checkpoint.inferenceWeights();
      requireWhole(weights, checkpoint.location().toString());
      requireRoom(weights);
      MemoryPlan.leftWhole(weights, new Device.Cpu(), bits.format)
          .ifPresent(note -> err.println("llava: " + note));
      write(checkpoint);
    }
    spec.commandLine().getOut().println(out);
    if (check) {
      spec.commandLine().getOut().println(QuantizationCheck.of(open(), out).sentence());
    }
    return 0;
  }

  private Checkpoint open() {
    PrintWriter err = spec.commandLine().getErr();
    return named != null ? files.open(named, err) : files.open(err);
  }

  private void requireNew() {
    if (!Files.exists(out)) {
      return;
    }
    try (Stream<Path> inside = Files.list(out)) {
      if (inside.findAny().isPresent()) {
        throw new BadInputException(out + " is not empty; name a new folder");
      }
    } catch (IOException e) {
      throw new BadInputException(out + " is not a folder; name a new one", e);
    }
  }

  /// Weights that are quantised a second time lose quality for nothing.
  private static void requireWhole(WeightSource weights, String where) {
    Optional<TensorInfo> quantized =
        weights.tensors().values().stream()
            .filter(info -> weights.blocks(info.name()).isPresent())
            .findFirst();
    if (quantized.isPresent()) {
      throw new BadInputException(
          where
              + " is quantised already ("
              + quantized.get().storedAs()
              + "); quantise the model that it was made from, in 16 or 32 bits");
    }
  }

  private void requireRoom(WeightSource weights) {
    long needed = weights.tensors().values().stream().mapToLong(this::bytesWritten).sum();
    Path parent = out.toAbsolutePath().getParent();
    while (parent != null && !Files.exists(parent)) {
      parent = parent.getParent();
    }
    if (parent == null) {
      return;
    }
    try {
      FileStore disk = Files.getFileStore(parent);
      if (disk.getUsableSpace() < needed) {
        throw new BadInputException(
            String.format(
                Locale.ROOT,
                "%s needs %s, but %s are free there; free some space or name another place",
                out,
                MemoryPlan.gigabytes(needed),
                MemoryPlan.gigabytes(disk.getUsableSpace())));
      }
    } catch (IOException e) {
      throw AtomicFile.unwritable(out, e);
    }
  }

  /// About: matrices whose rows are no whole blocks count as quantised.
  private long bytesWritten(TensorInfo info) {
    long values = info.numElements();
    if (info.shape().size() < 2) {
      return GgmlType.F32.bytesOf(values);
    }
    boolean text = info.name().startsWith("language_model.") || info.name().startsWith("lm_head.");
    GgmlType type = text ? bits.type : GgmlType.F16;
    return values / type.blockValues() * type.blockBytes();
  }

  /// Writes into a new folder beside the named one and renames it at the end. It is removed if the
  /// run is interrupted.
  private void write(Checkpoint checkpoint) {
    Path whole = out.toAbsolutePath().normalize();
    Path aside = aside(whole);
    Thread cleaning = new Thread(() -> remove(aside));
    Runtime.getRuntime().addShutdownHook(cleaning);
    try (Progress progress = Progress.bytes("writing")) {
      new CheckpointConverter(checkpoint, (_, done, total) -> progress.update(done, total))
          .toGguf(aside, bits.type);
      Files.deleteIfExists(whole); // it is empty
      Files.move(aside, whole);
    } catch (IOException e) {
      throw AtomicFile.unwritable(out, e);
    } finally {
      keep(cleaning);
      remove(aside);
    }
  }

  /// A new folder that nobody else has. Not one for temporary files, which only its owner can read.
  private Path aside(Path whole) {
    try {
      Files.createDirectories(whole.getParent());
      String name = whole.getFileName() + ".part-" + ProcessHandle.current().pid();
      return Files.createDirectory(whole.resolveSibling(name));
    } catch (IOException e) {
      throw AtomicFile.unwritable(out, e);
    }
  }

  /// Leaves the cleaning to this thread, unless the process is ending.
  private static void keep(Thread cleaning) {
    try {
      Runtime.getRuntime().removeShutdownHook(cleaning);
    } catch (IllegalStateException _) {
      // it is ending, and the hook removes the folder
    }
  }

  private static void remove(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> inside = Files.walk(folder)) {
      List<Path> all = inside.sorted(Comparator.reverseOrder()).toList();
      for (Path path : all) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw AtomicFile.unwritable(folder, e);
    }
  }
}
