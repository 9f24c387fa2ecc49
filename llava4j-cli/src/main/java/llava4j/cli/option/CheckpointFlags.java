package llava4j.cli.option;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.adapter.AdapterConfig;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.error.BadInputException;
import picocli.CommandLine.Option;

/// Options that select a model, for all commands that open one, whether they run it or not.
public final class CheckpointFlags {
  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description =
          "A model folder (Hugging Face or original LLaVA layout, LoRA adapter, projector), a .gguf file, or"
              + " owner/name[@revision] of a hub model. Default: the environment variable"
              + " LLAVA_MODEL, or else the small bundled model.",
      defaultValue = "${env:LLAVA_MODEL}")
  private List<String> models; // null for none; picocli fills it

  @Option(
      names = "--base",
      paramLabel = "MODEL",
      description =
          "The base model of a LoRA adapter or of a projector: a LLaVA, or a language model such as Vicuna.")
  private String base;

  @Option(
      names = "--vision-tower",
      paramLabel = "MODEL",
      description =
          "The CLIP model for a checkpoint in the original layout, in place of the one in its config.json.")
  private String visionTower;

  @Option(
      names = "--mmproj",
      paramLabel = "FILE",
      description =
          "The mmproj (vision) file of a GGUF model. Default: the only mmproj file in the same folder.")
  private Path mmproj;

  @Option(
      names = "--merge-lora",
      description =
          "Merge a LoRA adapter into the base matrices instead of computing it separately.")
  private boolean mergeLora;

  @Option(names = "--offline", description = "Do not use the network, only the cache of the hub.")
  private boolean offline;

  @Option(
      names = {"-v", "--verbose"},
      description =
          "Print more to standard error: times, speed, memory and threads of an answer; all names in an"
              + " error message.")
  private boolean verbose;

  /// Whether to print more to standard error.
  boolean verbose() {
    return verbose;
  }

  /// The folder of `--model`, if it exists and contains an adapter.
  Optional<Path> adapter() {
    return named()
        .filter(name -> name.indexOf('\0') < 0)
        .map(Path::of)
        .filter(folder -> Files.isRegularFile(folder.resolve(AdapterConfig.FILE)));
  }

  /// The model from `--model` or `LLAVA_MODEL`.
  ///
  /// @throws BadInputException if there are several
  Optional<String> named() {
    if (allNamed().size() > 1) {
      throw new BadInputException("--model is given several times; give one model");
    }
    return allNamed().stream().findFirst();
  }

  /// All of them, for the command that takes several.
  List<String> allNamed() {
    return models == null ? List.of() : models;
  }

  /// The value of `--base`.
  Optional<String> base() {
    return Optional.ofNullable(base);
  }

  /// Opens the model's files, without reading any weights.
  ///
  /// @throws BadInputException if no model is named and none is bundled, or if it cannot be opened
  public Checkpoint open(PrintWriter err) {
    return open(named().orElseGet(() -> BundledModel.folder().toString()), err);
  }

  /// Opens the files of a given model instead of that from `--model`.
  public Checkpoint open(String named, PrintWriter err) {
    CheckpointOptions options =
        new CheckpointOptions(
            Optional.ofNullable(base),
            Optional.ofNullable(visionTower),
            Optional.ofNullable(mmproj),
            mergeLora,
            new HubDownloads(offline, err)::folderOf);
    return new CheckpointOpener(options).open(named);
  }

  /// Opens a further model, to which the options about files do not apply.
  Checkpoint openOther(String named, PrintWriter err) {
    return new CheckpointOpener(
            CheckpointOptions.none().withHub(new HubDownloads(offline, err)::folderOf))
        .open(named);
  }

  /// Like [#open]; prints a note if the model is the bundled one.
  Checkpoint openOrBundled(PrintWriter err) {
    if (named().isEmpty()) {
      noteBundled(err);
    }
    return open(err);
  }

  /// Says that the bundled model is meant.
  ///
  /// @throws BadInputException if none is bundled
  void noteBundled(PrintWriter err) {
    BundledModel.folder(); // may throw, before the note is printed
    err.println(BundledModel.NOTE);
  }
}
