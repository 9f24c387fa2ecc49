package llava4j.checkpoint;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llava4j.checkpoint.Checkpoint.Dialect;
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

/// What stage 1 begins with: a language model such as Vicuna and a separate vision tower, with
/// nothing between them yet.
public final class LanguageModelBase {
  private static final List<String> STEMS = List.of("model", "pytorch_model");

  private LanguageModelBase() {}

  /// Whether a folder holds a language model alone.
  public static boolean isIn(Path folder) {
    Path file = folder.resolve("config.json");
    if (!java.nio.file.Files.isRegularFile(file)) {
      return false;
    }
    ConfigNode config = ConfigNode.read(file);
    return Set.of("llama", "mistral").contains(config.text("model_type", ""))
        && config.text("mm_vision_tower", "").isEmpty();
  }

  /// Joins the two. The checkpoint has no `projector.*`: it is for the trainer to make one.
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
          CheckpointOpener.nameOf(languageModel),
          languageModel,
          Dialect.ORIGINAL,
          new LlavaConfig(
              vision, projector, text, new ImageMode.Pad(), PatchMerge.FLAT, text.contextLength()),
          ImageProcessorFiles.find(tower)
              .map(ImageProcessorFiles.Found::config)
              .orElseGet(() -> ImageProcessorConfig.clip(vision.imageSize())),
          weights,
          () -> TokenizerFiles.open(languageModel),
          Set.of(2),
          TokenizerFiles.addsBos(languageModel));
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  /// The checkpoint with another connector in place of its own.
  ///
  /// @param file `mm_projector.bin`, or any file with such tensors
  public static Checkpoint withProjector(Checkpoint checkpoint, Path file) {
    RenamedSource weights = new RenamedSource();
    weights.add(checkpoint.weights(), Optional::of);
    weights.keepOnly(name -> !name.startsWith("projector."));
    try {
      weights.add(WeightFolder.openFile(file), NameTable::oursOfProjector);
      requireWidth(checkpoint, weights, file);
      return new Checkpoint(
          checkpoint.name(),
          checkpoint.location(),
          checkpoint.dialect(),
          checkpoint.config(),
          checkpoint.imageProcessor(),
          weights,
          checkpoint.tokenizer(),
          checkpoint.eosIds(),
          checkpoint.addsBos(),
          checkpoint.prompts());
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
                    + " where "
                    + shape
                    + " is expected; it was trained with another language model or vision tower");
          }
        });
  }
}
