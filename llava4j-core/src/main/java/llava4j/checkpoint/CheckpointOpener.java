package llava4j.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import llava4j.checkpoint.Checkpoint.Dialect;
import llava4j.config.ConfigNode;
import llava4j.config.ConfigReader;
import llava4j.config.LlavaConfig;
import llava4j.config.TextConfig;
import llava4j.config.VisionConfig;
import llava4j.config.VisionConfig.FeatureSelection;
import llava4j.error.BadInputException;
import llava4j.image.ImageMode;
import llava4j.image.ImageProcessorConfig;
import llava4j.image.ImageProcessorFiles;
import llava4j.text.ImageMarks;
import llava4j.text.PromptConventions;
import llava4j.text.PromptConventions.Family;
import llava4j.text.TokenizerFiles;
import tools.jackson.databind.JsonNode;

/// Finds out what a path holds and opens it. Nothing depends on the path's name.
public final class CheckpointOpener {
  private static final List<String> STEMS = List.of("model", "pytorch_model");

  private final CheckpointOptions options;

  public CheckpointOpener(CheckpointOptions options) {
    this.options = options;
  }

  /// Opens a folder, a `.gguf` file, or a model of the hub.
  public Checkpoint open(String pathOrName) {
    return open(resolve(pathOrName, Optional.empty()));
  }

  /// Opens a folder or a `.gguf` file.
  public Checkpoint open(Path path) {
    if (Files.isRegularFile(path)) {
      return new GgufOpener(options).open(path);
    }
    if (!Files.isDirectory(path)) {
      throw new BadInputException(
          path + " does not exist; give a model folder, a .gguf file or owner/name of a hub");
    }
    if (Files.isRegularFile(path.resolve("adapter_config.json"))) {
      return openAdapter(path);
    }
    if (Files.isRegularFile(path.resolve("config.json"))) {
      ConfigNode config = ConfigNode.read(path.resolve("config.json"));
      return switch (ConfigReader.dialect(config)) {
        case HUGGING_FACE -> openHuggingFace(path, config);
        case ORIGINAL -> openOriginal(path, config);
      };
    }
    return new GgufOpener(options).openFolder(path);
  }

  private Checkpoint openHuggingFace(Path folder, ConfigNode node) {
    LlavaConfig config = withPadding(ConfigReader.huggingFace(node), folder);
    ImageProcessorFiles.requireRows(
        folder,
        config.vision().patchSize(),
        config.vision().featureSelection() == FeatureSelection.CLS_PATCH);
    RenamedSource weights =
        new RenamedSource().add(WeightFolder.open(folder, STEMS), NameTable::ours);
    return checkpoint(
        folder,
        Dialect.HUGGING_FACE,
        node,
        config,
        weights,
        processor(folder, config.vision()),
        folder);
  }

  private Checkpoint openOriginal(Path folder, ConfigNode node) {
    Path tower =
        options
            .visionTower()
            .map(given -> resolve(given, Optional.of(folder)))
            .orElseGet(() ->
                NamedElsewhere.VISION_TOWER.resolve(
                    node, name -> resolve(name, Optional.of(folder))));
    LlavaConfig config = ConfigReader.original(node, ConfigReader.visionTower(tower));
    RenamedSource weights = new RenamedSource();
    Path tokenizerFolder = folder;
    try {
      if (hasWeights(folder)) {
        weights.add(WeightFolder.open(folder, STEMS.reversed()), NameTable::ours);
      } else {
        tokenizerFolder = addProjectorOnBase(folder, weights);
      }
      if (weights.tensors().keySet().stream().noneMatch(name -> name.startsWith("vision_tower."))) {
        weights.add(WeightFolder.open(tower, STEMS), NameTable::oursOfClip);
      }
      ImageProcessorConfig processor = processor(tower, config.vision());
      return checkpoint(
          folder, Dialect.ORIGINAL, node, config, weights, processor, tokenizerFolder);
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  /// A folder with `mm_projector.bin` alone: the language model comes from the base.
  ///
  /// @return the folder whose tokenizer counts
  private Path addProjectorOnBase(Path folder, RenamedSource weights) {
    Path projector = folder.resolve("mm_projector.bin");
    if (!Files.isRegularFile(projector)) {
      throw new BadInputException(
          folder
              + " holds neither weights nor mm_projector.bin; fetch the checkpoint again or name another folder");
    }
    Path base = requireBase(folder, "holds a projector only");
    weights.add(WeightFolder.open(base, STEMS.reversed()), NameTable::ours);
    weights.keepOnly(name -> !name.startsWith("projector."));
    weights.add(WeightFolder.openFile(projector), NameTable::oursOfProjector);
    return Files.exists(folder.resolve("tokenizer.model")) ? folder : base;
  }

  private Checkpoint openAdapter(Path folder) {
    ConfigNode adapter = ConfigNode.read(folder.resolve("adapter_config.json"));
    String named = adapter.text("base_model_name_or_path", "");
    Path base =
        options.base().isEmpty() && named.isEmpty()
            ? requireBase(folder, "is a LoRA adapter")
            : resolve(options.base().orElse(named), Optional.of(folder));
    Checkpoint whole = new CheckpointOpener(optionsForBase()).open(base);
    RenamedSource weights = new RenamedSource();
    try {
      weights.add(whole.weights(), Optional::of);
      Path extra = folder.resolve("non_lora_trainables.bin");
      if (Files.isRegularFile(extra)) {
        weights.add(WeightFolder.openFile(extra), LoraAdapter::ours);
      }
      WeightSource adapted = LoraAdapter.open(folder, weights, options.mergeLora());
      return new Checkpoint(
          nameOf(folder),
          folder,
          whole.dialect(),
          whole.config(),
          whole.imageProcessor(),
          adapted,
          whole.tokenizer(),
          whole.eosIds(),
          whole.addsBos(),
          whole.prompts().under(folder));
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  private CheckpointOptions optionsForBase() {
    return new CheckpointOptions(
        Optional.empty(), options.visionTower(), options.mmproj(), false, options.hub());
  }

  private Checkpoint checkpoint(
      Path folder,
      Dialect dialect,
      ConfigNode node,
      LlavaConfig config,
      WeightSource weights,
      ImageProcessorConfig processor,
      Path tokenizerFolder) {
    LlavaConfig sized = config.withText(withTiedHead(config.text(), weights));
    ImageMarks marks =
        switch (dialect) {
          case ORIGINAL ->
              new ImageMarks(
                  node.flag("mm_use_im_patch_token", true),
                  node.flag("mm_use_im_start_end", false),
                  config.text().vocab());
          case HUGGING_FACE, GGUF -> ImageMarks.NONE;
        };
    return new Checkpoint(
        nameOf(folder),
        folder,
        dialect,
        sized,
        processor,
        weights,
        TokenizerSource.of(tokenizerFolder, marks),
        eosIds(folder, node),
        TokenizerFiles.addsBos(tokenizerFolder),
        prompts(folder, tokenizerFolder, node, marks));
  }

  private static PromptConventions prompts(
      Path folder, Path tokenizerFolder, ConfigNode node, ImageMarks marks) {
    String type = node.object("text_config").orElse(node).text("model_type", "");
    return PromptConventions.of(tokenizerFolder)
        .under(folder)
        .withFamily(type.endsWith("mistral") ? Family.MISTRAL : Family.LLAMA)
        .withMarkedImages(marks.startEnd());
  }

  /// A file that has a head although its configuration ties it to the embedding is taken at its
  /// tensors.
  private static TextConfig withTiedHead(TextConfig text, WeightSource weights) {
    boolean hasHead = weights.tensors().containsKey("lm_head.weight");
    return text.tieEmbeddings() && hasHead ? text.withTiedEmbeddings(false) : text;
  }

  private Path requireBase(Path folder, String what) {
    return options
        .base()
        .map(base -> resolve(base, Optional.of(folder)))
        .orElseThrow(() ->
            new BadInputException(
                folder + " " + what + "; name the language model under it with --base"));
  }

  /// A path as it stands, a path within a model's folder, or a name of the hub.
  private Path resolve(String pathOrName, Optional<Path> folder) {
    if (pathOrName.isBlank()) {
      throw new BadInputException(
          folder.map(Path::toString).orElse("the command")
              + " names no vision tower or base model; name it with --vision-tower or --base");
    }
    Path inFolder = folder.map(parent -> parent.resolve(pathOrName)).orElse(Path.of(pathOrName));
    if (Files.exists(inFolder)) {
      return inFolder.normalize();
    }
    return Files.exists(Path.of(pathOrName))
        ? Path.of(pathOrName)
        : options.hub().apply(pathOrName);
  }

  private static boolean hasWeights(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .anyMatch(name ->
              name.matches("(model|pytorch_model)(\\.safetensors|\\.bin)(\\.index\\.json)?"));
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be listed: " + e.getMessage(), e);
    }
  }

  private static ImageProcessorConfig processor(Path folder, VisionConfig vision) {
    Optional<ImageProcessorFiles.Found> found = ImageProcessorFiles.find(folder);
    ImageProcessorConfig processor =
        found
            .map(ImageProcessorFiles.Found::config)
            .orElseGet(() -> ImageProcessorConfig.clip(vision.imageSize()));
    if (processor.viewSize() != vision.imageSize()) {
      throw new BadInputException(
          found.map(ImageProcessorFiles.Found::where).orElse(folder.toString())
              + " makes pictures of "
              + processor.viewSize()
              + " pixels, but the vision tower takes "
              + vision.imageSize()
              + "; correct crop_size");
    }
    return processor;
  }

  /// With pictures padded or not, where LLaVA's own image processor says so.
  private static LlavaConfig withPadding(LlavaConfig config, Path folder) {
    boolean pads = config.imageMode() instanceof ImageMode.Pad;
    return ImageProcessorFiles.find(folder)
        .flatMap(ImageProcessorFiles.Found::padsToSquare)
        .filter(wanted -> pads && !wanted)
        .map(_ -> config.withImageMode(new ImageMode.Square()))
        .orElse(config);
  }

  /// From `generation_config.json`, else `config.json`: one id or a list.
  private static Set<Integer> eosIds(Path folder, ConfigNode config) {
    Path file = folder.resolve("generation_config.json");
    Set<Integer> ids = new TreeSet<>();
    if (Files.isRegularFile(file)) {
      addIds(ConfigNode.read(file).json().path("eos_token_id"), ids);
    }
    if (ids.isEmpty()) {
      addIds(config.json().path("eos_token_id"), ids);
    }
    if (ids.isEmpty()) {
      addIds(config.json().path("text_config").path("eos_token_id"), ids);
    }
    return ids;
  }

  private static void addIds(JsonNode node, Set<Integer> ids) {
    if (node.isInt()) {
      ids.add(node.asInt());
    }
    node.forEach(id -> ids.add(id.asInt(-1)));
  }

  static String nameOf(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    // In the hub's cache the folder is a commit; the model's name stands two levels higher.
    Path snapshots = absolute.getParent();
    if (snapshots != null && snapshots.endsWith("snapshots") && snapshots.getParent() != null) {
      return String.valueOf(snapshots.getParent().getFileName())
          .replaceFirst("^models--", "")
          .replace("--", "/");
    }
    return String.valueOf(absolute.getFileName());
  }
}
