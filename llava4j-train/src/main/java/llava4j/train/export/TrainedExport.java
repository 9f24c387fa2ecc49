package llava4j.train.export;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.adapter.AdapterWriter;
import llava4j.checkpoint.convert.CheckpointConverter;
import llava4j.checkpoint.weights.RenamedSource;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.config.ConfigNode;
import llava4j.config.LlavaConfig;
import llava4j.error.BadInputException;
import llava4j.tensor.DType;
import llava4j.text.template.ConversationTemplate;
import llava4j.train.config.LoraSettings;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainConfig.Precision;

/// Exports the result of a run in the layouts that LLaVA, Hugging Face transformers and PEFT read
/// (spec 5.6).
public final class TrainedExport {
  /// Name of the folder with the adapter in transformers' naming.
  public static final String HUGGING_FACE_ADAPTER = "hf-adapter";

  private final TrainConfig config;
  private final Checkpoint base;
  private final TrainedWeights weights;

  public TrainedExport(TrainConfig config, Checkpoint base, TrainedWeights weights) {
    this.config = config;
    this.base = base;
    this.weights = weights;
  }

  /// Exports into `out`: a projector file (stage CONNECTOR), a whole model (FULL, TOWER) or an
  /// adapter (ADAPTER).
  ///
  /// @return the exported files and folders, for the user
  /// @throws BadInputException if they cannot be written
  public List<Path> write(Path out) {
    Checkpoint trained = checkpoint();
    return switch (config.stage()) {
      case CONNECTOR -> {
        converter(trained).toProjector(out, type());
        yield List.of(out.resolve("mm_projector.bin"));
      }
      case FULL, TOWER -> {
        Path original = cleared(out.resolve("original"));
        Path huggingFace = cleared(out.resolve("hf"));
        converter(trained).toOriginal(original, type());
        if (hasHuggingFaceLayout(trained.config())) {
          converter(trained).toHuggingFace(huggingFace, type());
          yield List.of(original, huggingFace);
        }
        yield List.of(original);
      }
      case ADAPTER -> writeAdapter(trained, out);
    };
  }

  /// A model trained on conversations gets their template as its chat template; one trained on
  /// captions keeps that of its base model.
  private CheckpointConverter converter(Checkpoint trained) {
    ConversationTemplate template = config.data().template();
    return new CheckpointConverter(
        trained,
        WriteListener.NONE,
        template.style() == ConversationTemplate.Style.PLAIN
            ? Optional.empty()
            : Optional.of(template));
  }

  private Checkpoint checkpoint() {
    return base.withWeights(weights).at(base.location(), config.preset());
  }

  /// Writes the adapter with the original's names into `out`, and with transformers' names into a
  /// subfolder if transformers supports the model.
  private List<Path> writeAdapter(Checkpoint trained, Path out) {
    LoraSettings lora = config.lora();
    AdapterWriter.Settings settings =
        new AdapterWriter.Settings(
            lora.rank(), lora.alpha(), false, lora.dropout(), Map.of(), Map.of());
    RenamedSource learned =
        new RenamedSource().add(weights, Optional::of).keepOnly(weights.learned()::contains);
    String reference = AdapterWriter.reference(base.location(), out);
    new AdapterWriter(learned, weights, settings, reference)
        .original(out, trained.config().projector(), lora.targets(), type());
    converter(trained).besideAdapter(out, type());
    if (!hasHuggingFaceLayout(trained.config())
        || baseUsesTiles()
        || AdapterWriter.unfitForHuggingFace(learned).isPresent()) {
      return List.of(out);
    }
    Path huggingFace = cleared(out.resolve(HUGGING_FACE_ADAPTER));
    String fromThere = AdapterWriter.reference(base.location(), huggingFace);
    new AdapterWriter(learned, weights, settings, fromThere).huggingFace(huggingFace, type());
    converter(trained).processorBesideAdapter(huggingFace);
    return List.of(out, huggingFace);
  }

  /// Whether the base model splits images into tiles. transformers takes the image mode of an
  /// adapter from its base model, which is wrong when a LLaVA-1.6 is trained as a LLaVA-1.5.
  private boolean baseUsesTiles() {
    Path file = base.location().resolve("config.json");
    if (!Files.isRegularFile(file)) {
      return false;
    }
    ConfigNode node = ConfigNode.read(file);
    return node.text("model_type", "").equals("llava_next")
        || node.text("image_aspect_ratio", "").equals("anyres");
  }

  private DType type() {
    return config.execution().precision() == Precision.BF16 ? DType.BF16 : DType.F32;
  }

  private static boolean hasHuggingFaceLayout(LlavaConfig config) {
    return config.projector() instanceof llava4j.config.ProjectorConfig.Mlp(int depth)
        && depth == 2
        && !(config.imageMode() instanceof llava4j.image.ImageMode.Hd);
  }

  /// Deletes the folder with what an earlier export left in it.
  private static Path cleared(Path folder) {
    try {
      if (Files.exists(folder)) {
        List<Path> deepestFirst;
        try (Stream<Path> entries = Files.walk(folder)) {
          deepestFirst = entries.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path entry : deepestFirst) {
          Files.delete(entry);
        }
      }
      return folder;
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be replaced: " + e.getMessage(), e);
    }
  }
}
