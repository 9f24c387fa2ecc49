package llava4j.cli.model;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.adapter.AdapterConfig;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.cli.option.ModelOptions;
import llava4j.config.LlavaConfig;
import llava4j.model.kernel.ModelKernels;
import llava4j.model.load.LoadedFormat;
import llava4j.model.load.MemoryPlan;
import llava4j.quant.VectorSupport;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Processor;
import llava4j.tensor.ThreadCount;
import llava4j.tensor.WeightFormat;
import llava4j.text.TemplateChoice;
import llava4j.text.tokenizer.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `llava info -m MODEL`
@Command(
    name = "info",
    description = "Print a model's architecture and memory needs without loading it.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {"  llava info -m llava-v1.5-7b", "  llava info -m model-q4_0.gguf --weights fp16"})
public final class InfoCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptions options;

  @Override
  public Integer call() {
    options.refusePrefixCache("info reads no prompt");
    ThreadCount threads = options.threads().apply();
    PrintWriter out = spec.commandLine().getOut();
    Optional<Path> adapter = options.adapter();
    adapter.ifPresent(folder -> printAdapter(out, folder)); // even if its base is missing
    try (Checkpoint checkpoint = options.inspect(spec.commandLine().getErr())) {
      WeightSource weights = checkpoint.inferenceWeights();
      ParameterTable table = ParameterTable.of(checkpoint.config());
      table.requireExactly(weights, checkpoint.location().toString());
      if (adapter.isEmpty() && isAdapter(checkpoint.location())) { // from a hub
        printAdapter(out, checkpoint.location());
      }
      printModel(out, checkpoint, table);
      printStorage(out, weights);
      printMemory(out, checkpoint.config(), weights);
      printProcessor(out, threads);
    }
    return 0;
  }

  private static boolean isAdapter(Path location) {
    return Files.isRegularFile(location.resolve(AdapterConfig.FILE));
  }

  private void printAdapter(PrintWriter out, Path folder) {
    AdapterConfig config = AdapterConfig.read(folder);
    List<String> modules =
        config.targets().stream()
            .map(name -> name.matches("[\\w.]+") ? name.substring(name.lastIndexOf('.') + 1) : name)
            .distinct()
            .sorted()
            .toList();
    line(
        out,
        "adapter",
        "LoRA of rank "
            + config.rank()
            + (config.ranks().isEmpty() ? "" : " (other ranks for some modules)")
            + ", alpha "
            + String.valueOf(config.alpha()).replaceFirst("\\.0$", "")
            + (config.rootScale() ? " / sqrt(rank)" : "")
            + ", on "
            + (modules.isEmpty() ? "the modules that have tensors" : String.join(", ", modules)));
    line(out, "base", options.base().or(config::base).orElse("unknown; give it with --base DIR"));
  }

  private void printModel(PrintWriter out, Checkpoint checkpoint, ParameterTable table) {
    LlavaConfig config = checkpoint.config();
    line(out, "model", checkpoint.name() + " (" + checkpoint.dialect() + ")");
    line(
        out,
        "vision tower",
        String.format(
            Locale.ROOT,
            "CLIP, %d px in patches of %d, %d blocks (%d used), width %d, %d heads, %s parameters",
            config.vision().imageSize(),
            config.vision().patchSize(),
            config.vision().numLayers(),
            config.vision().layersToRun(),
            config.vision().dim(),
            config.vision().numHeads(),
            millions(table.numParameters("vision_tower."))));
    line(
        out,
        "projector",
        config.projector() + ", " + millions(table.numParameters("projector.")) + " parameters");
    line(
        out,
        "language model",
        String.format(
            Locale.ROOT,
            "LLaMA, %d layers, width %d, %d heads (%d for keys and values), vocabulary %d, %s parameters",
            config.text().numLayers(),
            config.text().dim(),
            config.text().numHeads(),
            config.text().numKvHeads(),
            config.text().vocab(),
            millions(table.numParameters("language_model.") + table.numParameters("lm_head."))));
    line(
        out,
        "context",
        config.contextLength()
            + " tokens; "
            + config.vision().rowsPerView()
            + " tokens for each tile of an image");
    line(
        out,
        "images",
        config.imageMode().getClass().getSimpleName().toLowerCase(Locale.ROOT)
            + ", "
            + config.patchMerge().key());
    line(out, "template", template(checkpoint));
  }

  private String template(Checkpoint checkpoint) {
    try (Tokenizer tokenizer = checkpoint.tokenizer().get()) {
      TemplateChoice choice =
          TemplateChoice.of(
              options.template(),
              checkpoint.prompts(),
              tokenizer,
              checkpoint.name(),
              checkpoint.location().toString());
      choice.note().ifPresent(spec.commandLine().getErr()::println);
      return choice.template().key();
    }
  }

  private void printStorage(PrintWriter out, WeightSource weights) {
    Map<String, Long> bytes = new TreeMap<>();
    for (TensorInfo info : weights.tensors().values()) {
      bytes.merge(info.storedAs(), info.bytes(), Long::sum);
    }
    StringBuilder stored = new StringBuilder();
    bytes.forEach((type, size) ->
        stored.append(type).append(' ').append(MemoryPlan.gigabytes(size)).append("  "));
    line(out, "stored as", stored.toString().strip());
  }

  private void printMemory(PrintWriter out, LlavaConfig config, WeightSource weights) {
    Device device = options.parsedDevice();
    LoadedFormat loaded =
        LoadedFormat.of(weights, device, options.parsedWeights().requireFor(device));
    loaded.note().ifPresent(spec.commandLine().getErr()::println);
    WeightFormat format = loaded.format();
    MemoryPlan plan =
        MemoryPlan.of(
            config, weights, device, format, options.parsedPrefill(), options.parsedKvCache());
    line(out, "device", device + ", activations " + device.computeType() + ", weights " + format);
    line(
        out,
        "kernels",
        "libtorch " + NativeRuntime.cpuCapability() + "; 16-bit rows: " + VectorSupport.describe());
    ModelKernels kernels = MemoryPlan.kernels(weights, device, format);
    kernels.note().ifPresent(spec.commandLine().getErr()::println);
    new KernelLines(kernels, options.parsedPrefill())
        .of(MemoryPlan.haveFourBits(weights, device, format))
        .forEach(text -> line(out, "", text));
    line(
        out,
        "memory",
        MemoryPlan.gigabytes(plan.weightBytes())
            + " of weights ("
            + MemoryPlan.gigabytes(plan.mappedBytes())
            + " mapped from the files) + "
            + MemoryPlan.gigabytes(plan.cacheBytesPerToken() * plan.contextLength())
            + " of cache for a full context");
    MemoryPlan.leftWhole(weights, device, format)
        .ifPresent(note -> line(out, "not quantised", note));
  }

  private static void printProcessor(PrintWriter out, ThreadCount threads) {
    line(out, "threads", threads.toString());
    Processor processor = Processor.ofThisMachine();
    line(out, "processor", processor.name() + ": " + String.join(" ", processor.flags()));
  }

  private static void line(PrintWriter out, String what, String text) {
    out.printf(Locale.ROOT, "%-15s %s%n", what, text);
  }

  private static String millions(long parameters) {
    return parameters >= 1_000_000_000
        ? String.format(Locale.ROOT, "%.2f G", parameters / 1e9)
        : String.format(Locale.ROOT, "%.2f M", parameters / 1e6);
  }
}
