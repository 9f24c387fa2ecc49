package llava4j.checkpoint.open;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.Checkpoint.Dialect;
import llava4j.checkpoint.TokenizerSource;
import llava4j.checkpoint.WeightFolder;
import llava4j.checkpoint.weights.NameTable;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.checkpoint.weights.RenamedSource;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.ConfigNode;
import llava4j.config.ConfigReader;
import llava4j.config.LlavaConfig;
import llava4j.config.ProjectorConfig;
import llava4j.config.TextConfig;
import llava4j.config.VisionConfig;
import llava4j.error.BadInputException;
import llava4j.image.ImageMode;
import llava4j.image.ImageProcessorConfig;
import llava4j.image.ImageProcessorFiles;
import llava4j.image.PatchMerge;
import llava4j.text.TokenizerFiles;

/// The starting point of stage 1: a language model such as Vicuna and a separate vision tower,
/// without a projector.
public final class LanguageModelBase {
  private static final List<String> STEMS = List.of("model", "pytorch_model");

  private static final int LLAMA_EOS = 2;

  private LanguageModelBase() {}

  /// Whether a folder contains only a language model.
  public static boolean isIn(Path folder) {
    Path file = folder.resolve("config.json");
    if (!java.nio.file.Files.isRegularFile(file)) {
      return false;
    }
    ConfigNode config = ConfigNode.read(file);
    return Set.of("llama", "mistral").contains(config.text("model_type", ""))
        && config.text("mm_vision_tower", "").isEmpty();
  }

  /// Combines both. The checkpoint has no `projector.*`; the trainer creates a projector.
  public static Checkpoint open(Path languageModel, Path tower, ProjectorConfig projector) {
    ConfigNode node = ConfigNode.read(languageModel.resolve("config.json"));
    VisionConfig vision = ConfigReader.visionTower(tower);
    TextConfig text = ConfigReader.text(node, node.flag("tie_word_embeddings", false));
    RenamedSource weights = new RenamedSource();
    try {
      weights.add(WeightFolder.open(languageModel, STEMS), NameTable::ours);
      weights.add(WeightFolder.open(tower, STEMS), NameTable::oursOfClip);
      if (weights.tensors().containsKey("lm_head.weight")) {
        text = text.withTiedEmbeddings(false);
      }
      return new Checkpoint(
          Checkpoint.nameOf(languageModel),
          languageModel,
          Dialect.ORIGINAL,
          new LlavaConfig(
              vision, projector, text, new ImageMode.Pad(), PatchMerge.FLAT, text.contextLength()),
          ImageProcessorFiles.find(tower)
              .map(ImageProcessorFiles.Found::config)
              .orElseGet(() -> ImageProcessorConfig.clip(vision.imageSize())),
          weights,
          TokenizerSource.of(languageModel),
          eosIds(languageModel, node),
          TokenizerFiles.addsBos(languageModel));
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  /// LLaMA's settings, if the folder has none.
  private static Set<Integer> eosIds(Path languageModel, ConfigNode node) {
    Set<Integer> ids = CheckpointOpener.eosIds(languageModel, node);
    return ids.isEmpty() ? Set.of(LLAMA_EOS) : ids;
  }

  /// The projector in a separate file.
  static ProjectorConfig projectorOf(Path file) {
    try (WeightSource source = WeightFolder.openFile(file)) {
      return projectorAmong(
              source.tensors().keySet().stream()
                  .flatMap(name -> NameTable.oursOfProjector(name).stream())
                  .collect(Collectors.toSet()))
          .orElseThrow(
              () -> new BadInputException(file + " contains no projector; name another file"));
    }
  }

  /// The type of the projector with these tensor names; empty if there is no projector.
  static Optional<ProjectorConfig> projectorAmong(Set<String> names) {
    int depth = 0;
    while (names.contains("projector." + 2 * depth + ".weight")) {
      depth++;
    }
    return switch (depth) {
      case 0 -> Optional.empty();
      case 1 -> Optional.of(new ProjectorConfig.Linear());
      default -> Optional.of(new ProjectorConfig.Mlp(depth));
    };
  }

  /// The checkpoint with another projector in place of its own.
  ///
  /// @param file `mm_projector.bin`, or any file with such tensors
  public static Checkpoint withProjector(Checkpoint checkpoint, Path file) {
    RenamedSource weights = new RenamedSource();
    weights.add(checkpoint.weights(), Optional::of);
    weights.keepOnly(name -> !name.startsWith("projector."));
    try {
      weights.add(WeightFolder.openFile(file), NameTable::oursOfProjector);
      requireWidth(checkpoint, weights, file);
      return checkpoint.withWeights(weights);
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  private static void requireWidth(Checkpoint checkpoint, WeightSource weights, Path file) {
    ParameterTable.of(checkpoint.config())
        .shapes()
        .forEach((name, shape) -> {
          if (!name.startsWith("projector.")) {
            return;
          }
          TensorInfo found = weights.tensors().get(name);
          if (found == null || !found.shape().equals(shape)) {
            throw new BadInputException(
                file
                    + " does not fit the base model: "
                    + name
                    + (found == null ? " is missing" : " has shape " + found.shape())
                    + ", but "
                    + shape
                    + " is needed; it was trained with another language model or vision tower");
          }
        });
  }
}
