package llava4j.cli.serve;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.TreeSet;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.cli.bench.ProductSpeed;
import llava4j.cli.bench.ReadSpeed;
import llava4j.cli.option.ModelOptions;
import llava4j.cli.option.Unused;
import llava4j.error.BadInputException;
import llava4j.model.load.AvailableMemory;
import llava4j.model.load.MemoryPlan;
import llava4j.model.load.SmallModel;
import llava4j.model.plan.Accelerator;
import llava4j.model.plan.Cluster;
import llava4j.model.plan.ServingHost;
import llava4j.model.plan.ServingPlan;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ThreadCount;
import llava4j.tensor.WeightFormat;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/// Options of a plan in place of a server.
public final class PlanFlags {
  private static final int DOES_NOT_FIT = 1;
  private static final int QUESTION_TOKENS = 64;
  private static final int ANSWER_TOKENS = 128;
  private static final double GIGA = 1e9;

  @Option(
      names = "--plan",
      description =
          "Serve nothing: print how many requests fit into memory and how many a second can be answered.")
  private boolean plan;

  @Option(
      names = "--on",
      paramLabel = "DEVICE",
      description =
          "With --plan: on this GPU, such as H100, by its data sheet. Default: this machine, whose speed is"
              + " measured.")
  private String on;

  @Option(
      names = "--prompt-tokens",
      paramLabel = "N",
      description = "With --plan: tokens of a prompt. Default: one image and 64 tokens.")
  private Integer promptTokens;

  @Option(
      names = "--answer-tokens",
      paramLabel = "N",
      description = "With --plan: tokens of an answer. Default: 128.")
  private Integer answerTokens;

  /// Whether `--plan` is given.
  ///
  /// @throws BadInputException if options of it are given without it
  boolean isAsked(CommandSpec spec) {
    if (!plan) {
      Unused.refuse(spec, "it belongs to --plan", "--on", "--prompt-tokens", "--answer-tokens");
      return false;
    }
    Unused.refuse(
        spec,
        "--plan serves nothing",
        "--open",
        "--port",
        "--host",
        "--prefix-cache",
        "--prefix-cache-size",
        "--prefill-mode");
    if (on != null) {
      Unused.refuse(spec, "--on says where the server would be", "--device", "--threads");
    }
    return true;
  }

  /// Prints the plan.
  ///
  /// @param running the value of `--running`
  /// @return the exit code: 1 if not one request fits
  int print(Checkpoint checkpoint, ModelOptions options, int running, PrintWriter out) {
    ServingHost host;
    Device device;
    if (on == null) {
      device = options.parsedDevice();
      if (!(device instanceof Device.Cpu)) {
        throw new BadInputException(
            "--plan does not measure GPUs; name the device with --on, such as --on H100");
      }
      host = thisMachine(options);
    } else {
      device = new Device.Cuda(0);
      host = ServingHost.of(oneDevice(on));
    }
    WeightSource weights = checkpoint.inferenceWeights();
    // a GPU of --on is not the one of this machine, and all have products for quantised weights
    WeightFormat format =
        SmallModel.format(weights, device, options.parsedWeights().requireFor(device));
    int perImage = checkpoint.config().vision().rowsPerView();
    ServingPlan made =
        new ServingPlan(
            checkpoint.config(),
            MemoryPlan.of(
                checkpoint.config(),
                weights,
                device,
                format,
                options.parsedPrefill(),
                options.parsedKvCache()),
            MemoryPlan.stepBytes(checkpoint.config(), weights, device, format),
            new ServingPlan.Load(
                promptTokens == null ? perImage + QUESTION_TOKENS : promptTokens,
                answerTokens == null ? ANSWER_TOKENS : answerTokens,
                1),
            host);
    out.printf(Locale.ROOT, "plan for %s on %s%n", checkpoint.name(), host.name());
    if (promptTokens == null && checkpoint.config().hasImageNewline()) {
      out.println(
          "note: this model cuts large images into several views, and one is counted here; for others give"
              + " --prompt-tokens");
    }
    if (device instanceof Device.Cuda && MemoryPlan.isQuantized(weights, device, format)) {
      out.println(
          "note: prompts of 256 tokens and more widen weights of 4 and 8 bits to bf16 first; the time of"
              + " this is not counted");
    }
    print(made, running, out);
    return made.sequences() > 0 ? 0 : DOES_NOT_FIT;
  }

  private static Accelerator oneDevice(String text) {
    Cluster cluster = Cluster.parse(text, OptionalDouble.empty());
    if (cluster.size() > 1) {
      throw new BadInputException(
          "a server uses one GPU; write --on "
              + cluster.accelerator()
              + " and multiply by the number of servers");
    }
    return cluster.accelerator();
  }

  private static ServingHost thisMachine(ModelOptions options) {
    ThreadCount threads = NativeRuntime.useThreads(options.threads().asked());
    double read = ReadSpeed.gigabytesPerSecond(threads.count());
    if (Double.isNaN(read)) {
      throw new BadInputException(
          "there is too little free memory to measure how fast it is read; end other programs, or"
              + " name a device with --on");
    }
    double products = ProductSpeed.gigaOperationsPerSecond();
    return new ServingHost(
        String.format(
            Locale.ROOT,
            "this machine, which reads %.1f GB/s and multiplies %.0f GOP/s with %s",
            read,
            products,
            threads),
        AvailableMemory.ofThisProcess().bytes(),
        read * GIGA,
        products * GIGA,
        0);
  }

  private static void print(ServingPlan plan, int running, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "weights     %s; %s of memory%n",
        MemoryPlan.gigabytes(plan.memory().weightBytes()),
        MemoryPlan.gigabytes(plan.host().memoryBytes()));
    out.printf(
        Locale.ROOT,
        "a sequence  %d + %d tokens: %s of keys and values, %.1f KiB a token; %s for the whole context of %d%n",
        plan.load().promptTokens(),
        plan.load().answerTokens(),
        MemoryPlan.gigabytes(plan.sequenceBytes()),
        plan.memory().cacheBytesPerToken() / 1024.0,
        MemoryPlan.gigabytes(plan.memory().cacheBytesPerToken() * plan.memory().contextLength()),
        plan.memory().contextLength());
    if (plan.sequences() == 0) {
      out.println("fits        not one request; use --weights q4, or a device with more memory");
      return;
    }
    out.printf(
        Locale.ROOT,
        "fits        %,d sequences at once; --running is %d%n",
        plan.sequences(),
        running);
    out.printf(
        Locale.ROOT,
        "first word  %.3f s: image %.3f s, prompt %.3f s%n",
        plan.firstTokenSeconds(),
        plan.imageSeconds(),
        plan.promptSeconds());
    TreeSet<Long> counts = new TreeSet<>();
    for (long count : new long[] {1, 4, running, plan.sequences()}) {
      counts.add(Math.min(count, plan.sequences()));
    }
    for (long count : counts) {
      out.printf(
          Locale.ROOT,
          "%5d at once: a step %.1f ms, %.1f tokens/s, %.2f requests/s%n",
          count,
          1000 * plan.stepSeconds(count),
          plan.tokensPerSecond(count),
          plan.requestsPerSecond(count));
    }
  }
}
