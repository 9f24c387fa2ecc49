package llava4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOpener;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.image.ImageMode;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.WeightFormat;
import llava4j.text.ConversationTemplate;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Which model, and how to load it: the options that `ask`, `chat` and `info` share.
final class ModelOptions {
  /// How pictures are made square.
  enum ImageModeName {
    PAD,
    SQUARE
  }

  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description =
          "A model folder (Hugging Face or original LLaVA layout, LoRA adapter, projector), a .gguf file, or"
              + " owner/name[@revision] of a hub. Default: $${env:LLAVA_MODEL}, or the small model"
              + " that comes with llava.",
      defaultValue = "${env:LLAVA_MODEL}")
  private String model;

  @Option(
      names = "--base",
      paramLabel = "MODEL",
      description =
          "The LLaVA or the language model alone, such as Vicuna, under a LoRA adapter or a projector.")
  private String base;

  @Option(
      names = "--vision-tower",
      paramLabel = "MODEL",
      description = "The CLIP of an original checkpoint, if not the one its config.json names.")
  private String visionTower;

  @Option(
      names = "--mmproj",
      paramLabel = "FILE",
      description = "The picture side of a GGUF model, if not the only one beside it.")
  private Path mmproj;

  @Option(
      names = "--merge-lora",
      description = "Add an adapter to the matrices instead of computing it beside them.")
  private boolean mergeLora;

  @Option(
      names = "--offline",
      description = "Never go to the network; use what the hub's cache has.")
  private boolean offline;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description = "cpu, cuda, cuda:N or auto. Default: ${DEFAULT-VALUE}.")
  private String device;

  @Option(
      names = "--weights",
      paramLabel = "FORMAT",
      defaultValue = "auto",
      description =
          "How the language model's matrices are kept: auto (as stored), fp32, fp16, bf16. Default: ${DEFAULT-VALUE}.")
  private String weights;

  @Option(
      names = "--template",
      paramLabel = "NAME",
      description =
          "The conversation template, such as vicuna_v1, llama3, phi3, chatml, mistral; by default the model's own"
              + " chat template, and where it has none, its configuration and name decide.")
  private String template;

  @Option(
      names = "--image-mode",
      paramLabel = "MODE",
      description =
          "pad (square with CLIP's mean colour) or square (centre crop); by default the checkpoint decides.")
  private ImageModeName imageMode;

  @Option(
      names = {"-v", "--verbose"},
      description =
          "Print to standard error: times, speed, memory and threads of an answer; of a refusal, all"
              + " names.")
  private boolean verbose;

  @Mixin private ThreadOption threads;

  /// Whether more is wanted on standard error.
  boolean verbose() {
    return verbose;
  }

  /// How many threads compute.
  ThreadOption threads() {
    return threads;
  }

  /// The model as it was named, or the bundled one.
  ///
  /// @throws BadInputException if none was named and none is bundled
  String model() {
    return model != null ? model : BundledModel.folder().toString();
  }

  Device parsedDevice() {
    NativeRuntime.prepareForInference();
    return Device.parse(device);
  }

  WeightFormat parsedWeights() {
    return WeightFormat.parse(weights);
  }

  CheckpointOptions checkpointOptions(PrintWriter err) {
    return new CheckpointOptions(
        Optional.ofNullable(base),
        Optional.ofNullable(visionTower),
        Optional.ofNullable(mmproj),
        mergeLora,
        new HubDownloads(offline, err)::folderOf);
  }

  /// Opens the model's files; no weight is read yet.
  Checkpoint open(PrintWriter err) {
    String named = model();
    if (model == null) {
      err.println(BundledModel.NOTE);
    }
    return new CheckpointOpener(checkpointOptions(err)).open(named);
  }

  /// Loads the model, with a progress bar where someone looks.
  Llava load(PrintWriter err) {
    LoadOptions options = loadOptions();
    Llava llava = load(open(err), options);
    llava.templateNote().ifPresent(err::println);
    return llava;
  }

  /// The same of an opened model, which is closed in any case.
  Llava load(Checkpoint checkpoint, LoadOptions options) {
    try (Progress progress = Progress.bytes("loading")) {
      return Llava.load(
          checkpoint, options.withProgress((_, done, total) -> progress.update(done, total)));
    }
  }

  /// The conversation template that was asked for.
  Optional<ConversationTemplate> template() {
    return Optional.ofNullable(template).map(ConversationTemplate::parse);
  }

  /// How to load it.
  LoadOptions loadOptions() {
    LoadOptions options =
        LoadOptions.defaults().withDevice(parsedDevice()).withWeights(parsedWeights());
    if (threads.asked().isPresent()) {
      options = options.withThreads(threads.asked().getAsInt());
    }
    if (template != null) {
      options = options.withTemplate(ConversationTemplate.parse(template));
    }
    if (imageMode != null) {
      options =
          options.withImageMode(
              switch (imageMode) {
                case PAD -> new ImageMode.Pad();
                case SQUARE -> new ImageMode.Square();
              });
    }
    return options;
  }
}
