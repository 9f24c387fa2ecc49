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

/// The model that a run starts from.
///
/// @param model a whole LLaVA, or a language model such as Vicuna: a folder or a Hugging Face Hub
///   name
/// @param projector file with projector weights; they replace the model's own projector or, for a
///   language model, are its first
/// @param newProjector shape of the projector that is created where the model has none
/// @param options where to find the vision tower and models of the Hugging Face Hub
public record BaseModel(
    String model,
    Optional<Path> projector,
    ProjectorConfig newProjector,
    CheckpointOptions options) {

  /// The vision encoder of the paper's runs.
  public static final String CLIP_LARGE_336 = "openai/clip-vit-large-patch14-336";

  /// The vision encoder of LLaVA-1.5-HD.
  public static final String CLIP_LARGE_224 = "openai/clip-vit-large-patch14";

  /// What to do if `maxLength` is larger than the model's number of positions.
  public enum MaxLength {
    /// The user set it: throw an error.
    AS_GIVEN,
    /// A preset set it: lower it to the model's number of positions and add a note.
    AT_MOST_POSITIONS
  }

  /// A base model, ready for a run.
  ///
  /// @param config of the run, adapted to the model
  /// @param notes messages for the user, one sentence each
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

  /// Opens the model for a run with exactly these settings. The caller closes it.
  public Checkpoint open(TrainConfig config) {
    return open(config, MaxLength.AS_GIVEN).checkpoint();
  }

  /// Opens the model and adapts it to the run: image mode, projector, `image_newline`. The caller
  /// closes it.
  ///
  /// @throws BadInputException if the model cannot be trained, or the result could not be exported
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
                + " is a LoRA adapter, not a whole model; merge it into its base model first with"
                + " 'llava convert --merge-lora'");
      }
      rejectImageMarkers(opened);
      List<String> notes = new ArrayList<>();
      TrainConfig fitted = limitMaxLength(config, opened, maxLength, notes);
      Checkpoint shaped = withImageModeOf(opened, fitted, notes);
      Checkpoint whole =
          projector.map(file -> LanguageModelBase.withProjector(shaped, file)).orElse(shaped);
      toClose = whole;
      requireAllParameters(whole);
      return new Opened(whole, fitted, notes);
    } catch (RuntimeException e) {
      toClose.close();
      throw e;
    }
  }

  /// Training writes no marker tokens around images, so a model that expects them would unlearn
  /// them.
  static void rejectImageMarkers(Checkpoint checkpoint) {
    if (checkpoint.prompts().marksImages()) {
      throw new BadInputException(
          checkpoint.location()
              + " puts <im_start> and <im_end> around images (mm_use_im_start_end), which training"
              + " does not support; use another base model, or set mm_use_im_start_end to false in"
              + " its config.json to train it without these tokens");
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

  private static TrainConfig limitMaxLength(
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
            "maxLength is lowered from the preset's "
                + config.data().maxLength()
                + " to "
                + positions
                + ", the number of positions of "
                + checkpoint.location());
        yield new ConfigFile().with(config, List.of("data.maxLength=" + positions));
      }
    };
  }

  /// The model with the run's image mode, and without `image_newline` if that mode does not use it.
  /// A LLaVA-1.6 becomes a LLaVA-1.5 that starts with its weights.
  private static Checkpoint withImageModeOf(
      Checkpoint checkpoint, TrainConfig config, List<String> notes) {
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
              + " splits images into tiles as LLaVA-1.6 does; this run trains and exports it as"
              + " a LLaVA-1.5"
              + (shaped.hasImageNewline()
                  ? "-HD"
                  : " that encodes an image as one view, without its image_newline"));
    } else if (model.hasImageNewline() && !shaped.hasImageNewline()) {
      notes.add(
          checkpoint.location()
              + " is a LLaVA-1.5-HD; this run trains and exports it as a LLaVA-1.5 that encodes an"
              + " image as one view, without its image_newline");
    }
    WeightSource weights =
        shaped.hasImageNewline()
            ? checkpoint.weights()
            : new RenamedSource()
                .add(checkpoint.weights(), Optional::of)
                .keepOnly(name -> !name.equals(ModelUnits.NEWLINE));
    return checkpoint.withConfig(shaped).withWeights(weights);
  }

  /// A parameter that is missing would make the export fail after the last step, so it is reported
  /// before the first one.
  private static void requireAllParameters(Checkpoint checkpoint) {
    ParameterTable.of(checkpoint.config())
        .requireExactly(
            new WithNewParameters(checkpoint.config(), checkpoint.inferenceWeights()),
            checkpoint.location().toString());
  }

  /// The tensors of a base model together with those that the run creates: projector and
  /// `image_newline`. It lists names and shapes only; nothing can be loaded from it.
  private record WithNewParameters(SequencedMap<String, TensorInfo> tensors)
      implements WeightSource {
    WithNewParameters(LlavaConfig config, WeightSource base) {
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
