package llava4j.cli.option;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.checkpoint.Checkpoint;
import llava4j.cli.terminal.Progress;
import llava4j.error.BadInputException;
import llava4j.image.ImageMode;
import llava4j.model.cache.KvFormat;
import llava4j.model.linear.PrefillMode;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.WeightFormat;
import llava4j.text.template.ConversationTemplate;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Options that select a model and how to run it, which `ask`, `chat`, `eval` and `info` share.
public final class ModelOptions {
  /// How images are made square.
  enum ImageModeName {
    PAD,
    SQUARE
  }

  private static final long LEAST_CACHE = 1 << 20;
  private static final long MOST_CACHE = 1L << 44;

  @Mixin private CheckpointFlags files;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "${env:LLAVA_DEVICE:-cpu}",
      description = "The device: cpu, cuda, cuda:N or auto. Default: LLAVA_DEVICE, or else cpu.")
  private String device;

  @Option(
      names = "--weights",
      paramLabel = "FORMAT",
      defaultValue = "auto",
      description =
          "The format of the language model's matrices in memory: auto (as stored), fp32, fp16, bf16, or q8"
              + " and q4 (quantised while the model is loaded). Default: ${DEFAULT-VALUE}.")
  private String weights;

  @Option(
      names = "--prefill-mode",
      paramLabel = "MODE",
      defaultValue = "auto",
      description =
          "How prompts are multiplied by quantised weights: auto (the fastest that keeps the answers), int8, bf16, or"
              + " exact (slow, rounds nothing). By 16-bit weights: auto (in fp32) or bf16. Default: ${DEFAULT-VALUE}.")
  private String prefill;

  @Option(
      names = "--kv-cache",
      paramLabel = "FORMAT",
      defaultValue = "auto",
      description =
          "The format of the keys and values of earlier tokens in memory: auto (fp16 beside weights of 4 or 8 bits, else"
              + " fp32), fp32, fp16 or q8. Default: ${DEFAULT-VALUE}.")
  private String kvCache;

  @Option(
      names = "--prefix-cache",
      paramLabel = "DIR",
      description =
          "Keep the keys and values of prompts in this folder, so that a later question about the same image, or"
              + " with the same beginning, need not read it again. Made if it is missing.")
  private Path prefixCache;

  @Option(
      names = "--prefix-cache-size",
      paramLabel = "SIZE",
      defaultValue = "10G",
      description =
          "The most that --prefix-cache may hold, such as 500M or 20G; what was not used for longest goes."
              + " Default: ${DEFAULT-VALUE}.")
  private String prefixCacheSize;

  @Option(
      names = "--template",
      paramLabel = "NAME",
      description =
          "The conversation template, such as vicuna_v1, llama3, phi3, chatml or mistral. Default: the model's"
              + " own chat template, or else the template that fits its configuration and name.")
  private String template;

  @Option(
      names = "--image-mode",
      paramLabel = "MODE",
      description =
          "pad (pad to a square with CLIP's mean colour) or square (centre crop). Default: as in the checkpoint.")
  private ImageModeName imageMode;

  @Mixin private ThreadOption threads;

  /// Whether to print more to standard error.
  public boolean verbose() {
    return files.verbose();
  }

  /// The folder of `--model`, if it exists and contains an adapter.
  public Optional<Path> adapter() {
    return files.adapter();
  }

  /// The model from `--model` or `LLAVA_MODEL`.
  public Optional<String> named() {
    return files.named();
  }

  /// The values of `--model`, or that of `LLAVA_MODEL`, for the command that takes several.
  public List<String> allNamed() {
    return files.allNamed();
  }

  /// The value of `--base`.
  public Optional<String> base() {
    return files.base();
  }

  /// The number of compute threads.
  public ThreadOption threads() {
    return threads;
  }

  public Device parsedDevice() {
    NativeRuntime.prepareForInference();
    return Device.parse(device);
  }

  public WeightFormat parsedWeights() {
    return WeightFormat.parse(weights);
  }

  public PrefillMode parsedPrefill() {
    return PrefillMode.parse(prefill);
  }

  public KvFormat parsedKvCache() {
    return KvFormat.parse(kvCache);
  }

  private Optional<LoadOptions.PrefixCache> parsedPrefixCache() {
    if (prefixCache == null) {
      Unused.refuse(spec, "there is no --prefix-cache", "--prefix-cache-size");
      return Optional.empty();
    }
    if (prefixCache.toString().isBlank()) {
      throw new BadInputException("--prefix-cache is empty; name a folder");
    }
    long most = ByteSize.parse("--prefix-cache-size", prefixCacheSize, LEAST_CACHE, MOST_CACHE);
    return Optional.of(new LoadOptions.PrefixCache(prefixCache, most));
  }

  /// Refuses `--prefix-cache` where it would have no effect.
  public void refusePrefixCache(String why) {
    Unused.refuse(spec, why, "--prefix-cache", "--prefix-cache-size");
  }

  /// Opens the model's files, without reading any weights.
  public Checkpoint open(PrintWriter err) {
    return files.openOrBundled(err);
  }

  /// Opens a given model instead of that from `--model`, and applies `--image-mode`.
  public Checkpoint open(String named, PrintWriter err) {
    return withImageMode(files.open(named, err));
  }

  /// Opens a further model, to which the options about files and images do not apply.
  public Checkpoint openOther(String named, PrintWriter err) {
    return files.openOther(named, err);
  }

  /// Says that the bundled model is meant.
  public void noteBundled(PrintWriter err) {
    files.noteBundled(err);
  }

  /// Like [#open], for `info`: applies `--image-mode`, and prints no note about the bundled model.
  public Checkpoint inspect(PrintWriter err) {
    return withImageMode(files.open(err));
  }

  private Checkpoint withImageMode(Checkpoint opened) {
    try {
      return imageMode().map(opened::withImageMode).orElse(opened);
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /// Loads the model, with a progress bar on a terminal.
  public Llava load(PrintWriter err) {
    LoadOptions options = loadOptions();
    Llava llava = load(open(err), options);
    tell(llava, err);
    return llava;
  }

  /// Says what is unusual about a loaded model: its template, a measurement of kernels that is of
  /// no use, and with `--verbose` its weights.
  public void tell(Llava llava, PrintWriter err) {
    llava.templateNote().ifPresent(err::println);
    llava.kernelsNote().ifPresent(err::println);
    if (verbose()) {
      llava.weightsNote().ifPresent(err::println);
    }
  }

  /// The same of an opened model, which is closed in any case.
  public Llava load(Checkpoint checkpoint, LoadOptions options) {
    try (Progress progress = Progress.bytes("loading")) {
      return Llava.load(
          checkpoint, options.withProgress((_, done, total) -> progress.update(done, total)));
    }
  }

  /// The value of `--template`.
  public Optional<ConversationTemplate> template() {
    return Optional.ofNullable(template).map(ConversationTemplate::parse);
  }

  /// The options for loading the model.
  public LoadOptions loadOptions() {
    return ofFirst(otherLoadOptions());
  }

  /// The options for loading further models.
  public LoadOptions otherLoadOptions() {
    LoadOptions options =
        LoadOptions.defaults()
            .withDevice(parsedDevice())
            .withWeights(parsedWeights())
            .withPrefill(parsedPrefill())
            .withKvCache(parsedKvCache());
    Optional<LoadOptions.PrefixCache> cache = parsedPrefixCache();
    if (cache.isPresent()) {
      options = options.withPrefixCache(cache.get());
    }
    if (threads.asked().isPresent()) {
      options = options.withThreads(threads.asked().getAsInt());
    }
    return options;
  }

  private LoadOptions ofFirst(LoadOptions given) {
    LoadOptions options = given;
    if (template != null) {
      options = options.withTemplate(ConversationTemplate.parse(template));
    }
    return imageMode().map(options::withImageMode).orElse(options);
  }

  private Optional<ImageMode> imageMode() {
    return Optional.ofNullable(imageMode)
        .map(mode ->
            switch (mode) {
              case PAD -> new ImageMode.Pad();
              case SQUARE -> new ImageMode.Square();
            });
  }
}
