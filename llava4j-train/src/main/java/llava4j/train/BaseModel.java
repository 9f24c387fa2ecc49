package llava4j.train;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.adapter.LoraAdapter;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.open.LanguageModelBase;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.checkpoint.weights.RenamedSource;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.LlavaConfig;
import llava4j.config.ProjectorConfig;
import llava4j.error.BadInputException;
import llava4j.image.ImageMode;
import llava4j.image.PatchMerge;
import llava4j.tensor.DType;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.TrainConfig;
import llava4j.train.model.ModelUnits;
import org.bytedeco.pytorch.Tensor;

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

  /// What becomes of a `maxLength` that is larger than the model has positions.
  public enum MaxLength {
    /// Somebody asked for it: refused.
    AS_GIVEN,
    /// A preset has it: lowered to what the model has, with a note.
    AT_MOST_POSITIONS
  }

  /// A base, ready for a run.
  ///
  /// @param config of the run, fitted to the model
  /// @param notes what a user should know, a sentence each
  public record Opened(Checkpoint checkpoint, TrainConfig config, List<String> notes)
      implements AutoCloseable {
    public Opened {
      notes = List.copyOf(notes);
    }

    @Override
    public void close() {
      checkpoint.close();
    }
  }

  /// Opens it for a run of exactly these settings. The caller closes it.
  public Checkpoint open(TrainConfig config) {
    return open(config, MaxLength.AS_GIVEN).checkpoint();
  }

  /// Opens it and brings it in the shape that the run needs. The caller closes it.
  ///
  /// @throws BadInputException if it cannot be trained, or what is trained could not be written
  public Opened open(TrainConfig config, MaxLength maxLength) {
    Path folder = resolve(model);
    Checkpoint opened =
        Files.isDirectory(folder) && LanguageModelBase.isIn(folder)
            ? LanguageModelBase.open(folder, resolve(tower(config)), newProjector)
            : new CheckpointOpener(options).open(model);
    Checkpoint toClose = opened;
    try {
      if (opened.weights() instanceof LoraAdapter) {
        throw new BadInputException(
            model
                + " is an adapter beside its base; merge it first with 'llava convert --merge-lora'");
      }
      requireUnmarked(opened);
      List<String> notes = new ArrayList<>();
      TrainConfig fitted = fitted(config, opened, maxLength, notes);
      Checkpoint shaped = shaped(opened, fitted, notes);
      Checkpoint whole =
          projector.map(file -> LanguageModelBase.withProjector(shaped, file)).orElse(shaped);
      toClose = whole;
      requireWhole(whole);
      return new Opened(whole, fitted, notes);
    } catch (RuntimeException e) {
      toClose.close();
      throw e;
    }
  }

  /// A run writes its samples without tokens around images, so it would unlearn them.
  static void requireUnmarked(Checkpoint checkpoint) {
    if (checkpoint.prompts().marksImages()) {
      throw new BadInputException(
          checkpoint.location()
              + " puts <im_start> and <im_end> around images (mm_use_im_start_end), which training"
              + " does not; take another base, or set mm_use_im_start_end to false in its config.json"
              + " to train it without them");
    }
  }

  private String tower(TrainConfig config) {
    return options
        .visionTower()
        .orElse(config.data().images() == TrainConfig.Images.HD ? CLIP_LARGE_224 : CLIP_LARGE_336);
  }

  private Path resolve(String pathOrName) {
    Path path = Path.of(pathOrName);
    return Files.exists(path) ? path : options.hub().apply(pathOrName);
  }

  private static TrainConfig fitted(
      TrainConfig config, Checkpoint checkpoint, MaxLength maxLength, List<String> notes) {
    int positions = checkpoint.config().text().maxPositions();
    if (config.data().maxLength() <= positions) {
      return config;
    }
    return switch (maxLength) {
      case AS_GIVEN ->
          throw new BadInputException(
              "maxLength is "
                  + config.data().maxLength()
                  + " but "
                  + checkpoint.location()
                  + " has "
                  + positions
                  + " positions; lower maxLength");
      case AT_MOST_POSITIONS -> {
        notes.add(
            "maxLength is "
                + positions
                + ", as many positions as "
                + checkpoint.location()
                + " has, instead of the preset's "
                + config.data().maxLength());
        yield new ConfigFile().with(config, List.of("data.maxLength=" + positions));
      }
    };
  }

  /// The model with the run's way of cutting images, and without a row-end vector that this way has
  /// no use for: a LLaVA-1.6 becomes a LLaVA-1.5 that begins with its weights.
  private static Checkpoint shaped(Checkpoint checkpoint, TrainConfig config, List<String> notes) {
    LlavaConfig model = checkpoint.config();
    LlavaConfig shaped =
        model
            .withImageMode(config.data().images().mode(model.vision().imageSize()))
            .withPatchMerge(
                config.data().images() == TrainConfig.Images.HD
                    ? PatchMerge.SPATIAL_UNPAD
                    : PatchMerge.FLAT);
    if (model.imageMode() instanceof ImageMode.AnyRes) {
      notes.add(
          checkpoint.location()
              + " cuts images into tiles as LLaVA-1.6 does; this run trains it, and writes it, as"
              + " a LLaVA-1.5"
              + (shaped.hasImageNewline()
                  ? "-HD"
                  : " that sees an image in one view, without its image_newline"));
    } else if (model.hasImageNewline() && !shaped.hasImageNewline()) {
      notes.add(
          checkpoint.location()
              + " is a LLaVA-1.5-HD; this run trains it, and writes it, as a LLaVA-1.5 that sees a"
              + " image in one view, without its image_newline");
    }
    WeightSource weights =
        shaped.hasImageNewline()
            ? checkpoint.weights()
            : new RenamedSource()
                .add(checkpoint.weights(), Optional::of)
                .keepOnly(name -> !name.equals(ModelUnits.NEWLINE));
    return checkpoint.withConfig(shaped).withWeights(weights);
  }

  /// What would stop the writing of results behind the last step stops the run before its first.
  private static void requireWhole(Checkpoint checkpoint) {
    ParameterTable.of(checkpoint.config())
        .requireExactly(
            new WithNew(checkpoint.config(), checkpoint.inferenceWeights()),
            checkpoint.location().toString());
  }

  /// A base as it is when a run has made what it lacks: connector and row-end vector. To look at,
  /// not to load from.
  private record WithNew(SequencedMap<String, TensorInfo> tensors) implements WeightSource {
    WithNew(LlavaConfig config, WeightSource base) {
      this(new LinkedHashMap<>(base.tensors()));
      ParameterTable.of(config)
          .shapes()
          .forEach((name, shape) -> {
            if (name.startsWith(ModelUnits.PROJECTOR + ".") || name.equals(ModelUnits.NEWLINE)) {
              tensors.putIfAbsent(
                  name, new TensorInfo(name, DType.F32, "F32", shape, 0, Path.of("")));
            }
          });
    }

    @Override
    public Tensor load(String name) {
      throw new UnsupportedOperationException(name);
    }

    @Override
    public void close() {}
  }
}
