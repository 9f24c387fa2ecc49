package llava4j.checkpoint.open;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.Checkpoint.Dialect;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.CheckpointOptions.Part;
import llava4j.checkpoint.TokenizerSource;
import llava4j.checkpoint.WeightFolder;
import llava4j.checkpoint.adapter.AdapterConfig;
import llava4j.checkpoint.weights.NameTable;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.checkpoint.weights.RenamedSource;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.ConfigNode;
import llava4j.config.ConfigReader;
import llava4j.config.LlavaConfig;
import llava4j.config.TextConfig;
import llava4j.config.VisionConfig;
import llava4j.config.VisionConfig.FeatureSelection;
import llava4j.error.BadInputException;
import llava4j.error.PathText;
import llava4j.image.ImageMode;
import llava4j.image.ImageProcessorConfig;
import llava4j.image.ImageProcessorFiles;
import llava4j.text.ImageMarks;
import llava4j.text.PromptConventions;
import llava4j.text.PromptConventions.Family;
import llava4j.text.TokenizerFiles;
import tools.jackson.databind.JsonNode;

/// Detects the layout of a path and opens it. The layout never depends on the name of the path.
public final class CheckpointOpener {
  private static final List<String> STEMS = List.of("model", "pytorch_model");

  private static final String CONNECTOR = "mm_projector.bin";

  private final CheckpointOptions options;

  public CheckpointOpener(CheckpointOptions options) {
    this.options = options;
  }

  /// Opens a folder, a `.gguf` file, or a hub model.
  public Checkpoint open(String pathOrName) {
    return open(resolve(pathOrName, Optional.empty()));
  }

  /// Opens a folder or a `.gguf` file.
  public Checkpoint open(Path path) {
    if (options.mergeLora() && !Files.isRegularFile(path.resolve(AdapterConfig.FILE))) {
      throw new BadInputException(path + " is not a LoRA adapter; leave out --merge-lora");
    }
    if (Files.isRegularFile(path)) {
      options.requireUsed(path, Set.of(Part.MMPROJ));
      return new GgufOpener(options).open(path);
    }
    if (!Files.isDirectory(path)) {
      throw new BadInputException(
          path + " does not exist; give a model folder, a .gguf file or owner/name of a hub model");
    }
    if (Files.isRegularFile(path.resolve(AdapterConfig.FILE))) {
      return new AdapterOpener(options, this).open(path);
    }
    if (Files.isRegularFile(path.resolve("config.json"))) {
      ConfigNode config = ConfigNode.read(path.resolve("config.json"));
      return switch (ConfigReader.dialect(config)) {
        case HUGGING_FACE -> {
          options.requireUsed(path, Set.of());
          yield openHuggingFace(path, config);
        }
        case ORIGINAL -> {
          options.requireUsed(
              path,
              hasWeights(path) ? Set.of(Part.VISION_TOWER) : Set.of(Part.VISION_TOWER, Part.BASE));
          yield openOriginal(path, config);
        }
      };
    }
    if (Files.isRegularFile(path.resolve(CONNECTOR))) {
      return openBareConnector(path);
    }
    options.requireUsed(path, Set.of(Part.MMPROJ));
    return new GgufOpener(options).openFolder(path);
  }

  private Checkpoint openHuggingFace(Path folder, ConfigNode node) {
    LlavaConfig config = withPadding(ConfigReader.huggingFace(node), folder);
    ImageProcessorFiles.requireRows(
        folder,
        config.vision().patchSize(),
        config.vision().featureSelection() == FeatureSelection.CLS_PATCH);
    RenamedSource weights = new RenamedSource();
    try {
      weights.add(WeightFolder.open(folder, STEMS), NameTable::ours);
      return checkpoint(
          folder,
          Dialect.HUGGING_FACE,
          node,
          config,
          weights,
          processor(folder, config.vision()),
          folder);
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  private Checkpoint openOriginal(Path folder, ConfigNode node) {
    Path tower = tower(folder, Optional.of(node));
    LlavaConfig config = ConfigReader.original(node, ConfigReader.visionTower(tower));
    RenamedSource weights = new RenamedSource();
    Path tokenizerFolder = folder;
    try {
      if (hasWeights(folder)) {
        weights.add(WeightFolder.open(folder, STEMS.reversed()), NameTable::ours);
      } else {
        tokenizerFolder = addProjectorOnBase(folder, config, weights);
        config = config.withText(config.text().withVocab(rowsOfTable(weights)));
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

  /// Opens a folder with only `mm_projector.bin`: the language model comes from the base.
  ///
  /// @return the folder whose tokenizer is used
  private Path addProjectorOnBase(Path folder, LlavaConfig config, RenamedSource weights) {
    Path projector = folder.resolve(CONNECTOR);
    if (!Files.isRegularFile(projector)) {
      throw new BadInputException(
          folder
              + " contains neither weights nor mm_projector.bin; download the checkpoint again or name another folder");
    }
    Path base = requireBase(folder, "contains only a projector");
    weights.add(WeightFolder.open(base, STEMS.reversed()), NameTable::ours);
    weights.keepOnly(name ->
        !name.startsWith("projector.")
            && (config.hasImageNewline() || !name.equals(ParameterTable.IMAGE_NEWLINE)));
    weights.add(WeightFolder.openFile(projector), NameTable::oursOfProjector);
    return TokenizerFiles.isIn(folder) ? folder : base;
  }

  private static int rowsOfTable(WeightSource weights) {
    TensorInfo table = weights.tensors().get("language_model.embed_tokens.weight");
    if (table == null) {
      throw new BadInputException("the base model has no embed_tokens; name another with --base");
    }
    return Math.toIntExact(table.shape().getFirst());
  }

  /// Opens `mm_projector.bin` without a `config.json`: everything else comes from the base.
  private Checkpoint openBareConnector(Path folder) {
    Path file = folder.resolve(CONNECTOR);
    Path base = requireBase(folder, "contains only a projector");
    boolean bare = LanguageModelBase.isIn(base);
    if (bare) {
      options.requireUsed(folder, Set.of(Part.BASE, Part.VISION_TOWER));
    }
    Checkpoint under =
        bare
            ? LanguageModelBase.open(
                base, tower(folder, Optional.empty()), LanguageModelBase.projectorOf(file))
            : new CheckpointOpener(options.withoutBase()).open(base);
    try {
      return LanguageModelBase.withProjector(under, file);
    } catch (RuntimeException e) {
      under.close();
      throw e;
    }
  }

  /// The folder of the vision tower that the user or a `config.json` names. If an absolute path
  /// does not exist any more, the checkpoint was moved: then the last name of the path is looked up
  /// in its folder.
  Path tower(Path folder, Optional<ConfigNode> config) {
    if (options.visionTower().isPresent()) {
      return resolveGiven(options.visionTower().get(), folder);
    }
    return config.isPresent()
        ? NamedElsewhere.VISION_TOWER.resolve(config.get(), named -> towerNamed(named, folder))
        : resolve("", Optional.of(folder));
  }

  private Path towerNamed(String named, Path folder) {
    Path way = PathText.path(named);
    if (way.isAbsolute() && !Files.exists(way) && way.getFileName() != null) {
      Path here = folder.resolve(way.getFileName());
      return Files.isDirectory(here) ? here : resolve(named, Optional.of(folder));
    }
    return resolve(named, Optional.of(folder));
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
          case ORIGINAL -> marks(node, config.text().vocab());
          case HUGGING_FACE, GGUF -> ImageMarks.NONE;
        };
    return new Checkpoint(
        Checkpoint.nameOf(folder),
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

  /// The tokens around images that a `config.json` of the original layout requires.
  static ImageMarks marks(ConfigNode original, int rows) {
    return new ImageMarks(
        original.flag("mm_use_im_patch_token", true),
        original.flag("mm_use_im_start_end", false),
        rows);
  }

  private static PromptConventions prompts(
      Path folder, Path tokenizerFolder, ConfigNode node, ImageMarks marks) {
    String type = node.object("text_config").orElse(node).text("model_type", "");
    return PromptConventions.of(tokenizerFolder)
        .under(folder)
        .withFamily(type.endsWith("mistral") ? Family.MISTRAL : Family.LLAMA)
        .withMarkedImages(marks.startEnd());
  }

  /// If the configuration ties the output head to the embedding table, but the file contains a
  /// head, the head is used.
  private static TextConfig withTiedHead(TextConfig text, WeightSource weights) {
    boolean hasHead = weights.tensors().containsKey("lm_head.weight");
    return text.tieEmbeddings() && hasHead ? text.withTiedEmbeddings(false) : text;
  }

  private Path requireBase(Path folder, String what) {
    return options
        .base()
        .map(base -> resolveGiven(base, folder))
        .orElseThrow(() ->
            new BadInputException(folder + " " + what + "; name its language model with --base"));
  }

  /// Resolves a name from the user: a path, or else a path within the model's folder.
  Path resolveGiven(String pathOrName, Path folder) {
    Path asItStands = PathText.path(pathOrName);
    return !pathOrName.isBlank() && Files.exists(asItStands)
        ? asItStands
        : resolve(pathOrName, Optional.of(folder));
  }

  /// Resolves a name from a file: a path within the model's folder, or a path, or a hub name.
  Path resolve(String pathOrName, Optional<Path> folder) {
    if (pathOrName.isBlank()) {
      throw new BadInputException(
          folder.map(Path::toString).orElse("the command")
              + " names no vision tower or base model; name it with --vision-tower or --base");
    }
    Path asItStands = PathText.path(pathOrName);
    Path inFolder = folder.map(parent -> parent.resolve(asItStands)).orElse(asItStands);
    if (Files.exists(inFolder)) {
      return shortened(inFolder);
    }
    return Files.exists(asItStands) ? asItStands : options.hub().apply(pathOrName);
  }

  /// Removes `..` from a path, unless that changes its target because of a link.
  private static Path shortened(Path path) {
    Path normal = path.normalize();
    try {
      return Files.exists(normal) && Files.isSameFile(normal, path) ? normal : path;
    } catch (IOException e) {
      return path;
    }
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

  public static ImageProcessorConfig processor(Path folder, VisionConfig vision) {
    Optional<ImageProcessorFiles.Found> found = ImageProcessorFiles.find(folder);
    ImageProcessorConfig processor =
        found
            .map(ImageProcessorFiles.Found::config)
            .orElseGet(() -> ImageProcessorConfig.clip(vision.imageSize()));
    if (processor.viewSize() != vision.imageSize()) {
      throw new BadInputException(
          found.map(ImageProcessorFiles.Found::where).orElse(folder.toString())
              + " produces images of "
              + processor.viewSize()
              + " pixels, but the vision tower needs "
              + vision.imageSize()
              + "; correct crop_size");
    }
    return processor;
  }

  /// Applies the padding setting of LLaVA's own image processor, if there is one.
  private static LlavaConfig withPadding(LlavaConfig config, Path folder) {
    boolean pads = config.imageMode() instanceof ImageMode.Pad;
    return ImageProcessorFiles.find(folder)
        .flatMap(ImageProcessorFiles.Found::padsToSquare)
        .filter(wanted -> pads && !wanted)
        .map(_ -> config.withImageMode(new ImageMode.Square()))
        .orElse(config);
  }

  /// The ids from `generation_config.json`, or else `config.json`: one id or a list.
  static Set<Integer> eosIds(Path folder, ConfigNode config) {
    Set<Integer> ids = generationEosIds(folder);
    if (ids.isEmpty()) {
      addIds(config.json().path("eos_token_id"), ids);
    }
    if (ids.isEmpty()) {
      addIds(config.json().path("text_config").path("eos_token_id"), ids);
    }
    return ids;
  }

  /// The ids in `generation_config.json`; empty if there is no such file.
  static Set<Integer> generationEosIds(Path folder) {
    Path file = folder.resolve("generation_config.json");
    Set<Integer> ids = new TreeSet<>();
    if (Files.isRegularFile(file)) {
      addIds(ConfigNode.read(file).json().path("eos_token_id"), ids);
    }
    return ids;
  }

  private static void addIds(JsonNode node, Set<Integer> ids) {
    if (node.isInt()) {
      ids.add(node.asInt());
    }
    node.forEach(id -> ids.add(id.asInt(-1)));
  }
}
