package llava4j.cli.option;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.adapter.AdapterConfig;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.error.BadInputException;
import picocli.CommandLine.Option;

/// Which model: the options of all that open one, whether they run it or not.
public final class CheckpointFlags {
  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description =
          "A model folder (Hugging Face or original LLaVA layout, LoRA adapter, projector), a .gguf file, or"
              + " owner/name[@revision] of a hub. Default: what the environment variable"
              + " LLAVA_MODEL names, else the small model that comes with llava.",
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
      description = "The image side of a GGUF model, if not the only one beside it.")
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
      names = {"-v", "--verbose"},
      description =
          "Print more to standard error: of an answer times, speed, memory and threads; of a refusal"
              + " all names.")
  private boolean verbose;

  /// Whether more is wanted on standard error.
  boolean verbose() {
    return verbose;
  }

  /// The folder that was named, where it is here and holds an adapter.
  Optional<Path> adapter() {
    return Optional.ofNullable(model)
        .filter(name -> name.indexOf('\0') < 0)
        .map(Path::of)
        .filter(folder -> Files.isRegularFile(folder.resolve(AdapterConfig.FILE)));
  }

  /// The base that was named.
  Optional<String> base() {
    return Optional.ofNullable(base);
  }

  /// Opens the model's files; no weight is read yet.
  ///
  /// @throws BadInputException if none was named and none is bundled, or it cannot be opened
  public Checkpoint open(PrintWriter err) {
    CheckpointOptions options =
        new CheckpointOptions(
            Optional.ofNullable(base),
            Optional.ofNullable(visionTower),
            Optional.ofNullable(mmproj),
            mergeLora,
            new HubDownloads(offline, err)::folderOf);
    return new CheckpointOpener(options)
        .open(model != null ? model : BundledModel.folder().toString());
  }

  /// The same, saying so where it is the bundled one.
  Checkpoint openOrBundled(PrintWriter err) {
    if (model == null) {
      BundledModel.folder(); // refused before anything is said
      err.println(BundledModel.NOTE);
    }
    return open(err);
  }
}
