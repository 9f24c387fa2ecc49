package llava4j.experiment.work;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.open.LanguageModelBase;
import llava4j.checkpoint.weights.RenamedSource;
import llava4j.config.LlavaConfig;
import llava4j.config.ProjectorConfig;
import llava4j.error.BadInputException;
import llava4j.experiment.design.Model;
import llava4j.experiment.design.View;
import llava4j.image.ImageMode;
import llava4j.image.PatchMerge;
import llava4j.train.BaseModel;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainConfig.Stage;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The folders of models, and how they are opened.
///
/// @param options where models of the Hugging Face Hub are found
public record ModelFiles(Workplace workplace, CheckpointOptions options) {
  private static final String TOWER = "vision_tower.";
  private static final String PROJECTOR = "projector.";

  /// The folder of a model. A model that is the same for all seeds is part of the shared base.
  public Path folder(Model model) {
    boolean shared = !(model instanceof Model.Trained trained) || !trained.seeded();
    return workplace.model(model.key(), shared);
  }

  /// How a model was made; empty if it is not finished. Models without a folder count as made.
  public Optional<Made> made(Model model) {
    return switch (model) {
      case Model.Published _, Model.Joined _ ->
          Optional.of(new Made(model.description(), "", 0, 0, 0, 0));
      case Model.Fresh _, Model.Trained _ -> read(folder(model).resolve(Made.FILE));
    };
  }

  /// How a model was made, from its file; empty if there is none.
  ///
  /// @throws BadInputException if the file is damaged
  static Optional<Made> read(Path file) {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(new JsonMapper().readValue(Files.readString(file), Made.class));
    } catch (IOException e) {
      throw new BadInputException(
          file + " cannot be read (" + e.getMessage() + "); delete its folder", e);
    } catch (JacksonException | NullPointerException e) {
      throw new BadInputException(
          file + " is damaged; delete its folder, so that the model is made again", e);
    }
  }

  /// A model as stage 2 left it, for questions. The caller closes it.
  public Checkpoint openToAsk(Model.Trained model) {
    Checkpoint checkpoint = open(model);
    return seenAs(checkpoint, view(model.view(), model.config(), checkpoint.config()));
  }

  /// The base of a stage: its parent, with the images as the stage sees them and a new projector
  /// where it wants one. The caller closes it.
  public Checkpoint openForStage(Model.Trained stage) {
    Checkpoint parent =
        stage.parent() instanceof Model.Published published
            ? open(published, stage.config())
            : open(stage.parent());
    Checkpoint connected =
        stage.newProjector().map(type -> withoutProjector(parent, type)).orElse(parent);
    return seenAs(connected, view(stage.view(), stage.config(), connected.config()));
  }

  private Checkpoint open(Model model) {
    return switch (model) {
      case Model.Fresh _ -> open(folder(model).resolve("hf"));
      case Model.Published published ->
          throw new IllegalArgumentException(published + " has no connector yet");
      case Model.Joined joined -> join(open(joined.tower()), open(joined.language()));
      case Model.Trained trained -> openTrained(trained);
    };
  }

  private Checkpoint openTrained(Model.Trained trained) {
    Path folder = folder(trained);
    if (trained.config().stage() != Stage.CONNECTOR) {
      return open(folder.resolve("original"));
    }
    Checkpoint parent = openForStage(trained);
    return LanguageModelBase.withProjector(parent, folder.resolve("mm_projector.bin"));
  }

  private Checkpoint open(Path folder) {
    return new CheckpointOpener(options).open(folder.toString());
  }

  private Checkpoint open(Model.Published model, TrainConfig config) {
    return new BaseModel(
            model.languageModel(),
            Optional.empty(),
            model.projector(),
            options.withVisionTower(model.tower()))
        .open(config, BaseModel.MaxLength.AT_MOST_POSITIONS)
        .checkpoint();
  }

  /// The first's vision tower before the second's projector and language model.
  private static Checkpoint join(Checkpoint tower, Checkpoint language) {
    RenamedSource weights =
        new RenamedSource()
            .add(tower.weights(), name -> Optional.of(name).filter(one -> one.startsWith(TOWER)))
            .add(
                language.weights(),
                name -> Optional.of(name).filter(one -> !one.startsWith(TOWER)));
    return new Checkpoint(
        language.name(),
        language.location(),
        language.dialect(),
        language.config().withVision(tower.config().vision()),
        tower.imageProcessor(),
        weights,
        language.tokenizer(),
        language.eosIds(),
        language.addsBos(),
        language.prompts());
  }

  private static Checkpoint withoutProjector(Checkpoint checkpoint, ProjectorConfig type) {
    LlavaConfig config = checkpoint.config();
    return checkpoint
        .withConfig(
            new LlavaConfig(
                config.vision(),
                type,
                config.text(),
                config.imageMode(),
                config.patchMerge(),
                config.contextLength()))
        .withWeights(
            new RenamedSource()
                .add(checkpoint.weights(), Optional::of)
                .keepOnly(name -> !name.startsWith(PROJECTOR)));
  }

  private static LlavaConfig view(View view, TrainConfig config, LlavaConfig model) {
    int side = model.vision().imageSize();
    ImageMode mode = view == View.ONE ? config.data().images().mode(side) : view.mode(side);
    PatchMerge merge = view.merge();
    return model.withImageMode(mode).withPatchMerge(merge);
  }

  private static Checkpoint seenAs(Checkpoint checkpoint, LlavaConfig config) {
    return checkpoint.seenAs(config);
  }
}
