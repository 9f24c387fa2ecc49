package llava4j.train;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOpener;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.LanguageModelBase;
import llava4j.checkpoint.LoraAdapter;
import llava4j.config.LlavaConfig;
import llava4j.config.ProjectorConfig;
import llava4j.error.BadInputException;
import llava4j.image.PatchMerge;

/// What a run begins with.
///
/// @param model a whole LLaVA, or a language model such as Vicuna: folder or hub name
/// @param projector file of a connector that replaces the model's own, or is its first
/// @param newProjector the connector between a language model and a tower that have none
/// @param options where to find the vision tower, and hub models
public record BaseModel(
    String model,
    Optional<Path> projector,
    ProjectorConfig newProjector,
    CheckpointOptions options) {

  /// The encoder that the paper's runs take.
  public static final String CLIP_LARGE_336 = "openai/clip-vit-large-patch14-336";

  /// The encoder of LLaVA-1.5-HD.
  public static final String CLIP_LARGE_224 = "openai/clip-vit-large-patch14";

  /// Opens it and brings it in the shape that the run needs. The caller closes it.
  public Checkpoint open(TrainConfig config) {
    Path folder = resolve(model);
    Checkpoint opened =
        Files.isDirectory(folder) && LanguageModelBase.isIn(folder)
            ? LanguageModelBase.open(folder, resolve(tower(config)), newProjector)
            : new CheckpointOpener(options).open(model);
    try {
      if (opened.weights() instanceof LoraAdapter) {
        throw new BadInputException(
            model
                + " is an adapter beside its base; merge it first with 'llava convert --merge-lora'");
      }
      Checkpoint shaped = shaped(opened, config);
      return projector.map(file -> LanguageModelBase.withProjector(shaped, file)).orElse(shaped);
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private String tower(TrainConfig config) {
    return options
        .visionTower()
        .orElse(
            config.data().pictures() == TrainConfig.Pictures.HD ? CLIP_LARGE_224 : CLIP_LARGE_336);
  }

  private Path resolve(String pathOrName) {
    Path path = Path.of(pathOrName);
    return Files.exists(path) ? path : options.hub().apply(pathOrName);
  }

  /// The model with the run's way of cutting pictures.
  private static Checkpoint shaped(Checkpoint checkpoint, TrainConfig config) {
    LlavaConfig model = checkpoint.config();
    LlavaConfig shaped =
        new LlavaConfig(
            model.vision(),
            model.projector(),
            model.text(),
            config.data().pictures().mode(model.vision().imageSize()),
            config.data().pictures() == TrainConfig.Pictures.HD
                ? PatchMerge.SPATIAL_UNPAD
                : PatchMerge.FLAT,
            model.contextLength());
    if (config.data().maxLength() > shaped.text().maxPositions()) {
      throw new BadInputException(
          "maxLength is "
              + config.data().maxLength()
              + " but "
              + checkpoint.location()
              + " has "
              + shaped.text().maxPositions()
              + " positions; lower maxLength");
    }
    return new Checkpoint(
        checkpoint.name(),
        checkpoint.location(),
        checkpoint.dialect(),
        shaped,
        checkpoint.imageProcessor(),
        checkpoint.weights(),
        checkpoint.tokenizer(),
        checkpoint.eosIds(),
        checkpoint.addsBos());
  }
}
