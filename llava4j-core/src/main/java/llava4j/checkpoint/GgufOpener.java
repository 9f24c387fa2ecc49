package llava4j.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import llava4j.checkpoint.Checkpoint.Dialect;
import llava4j.checkpoint.gguf.GgufFile;
import llava4j.checkpoint.gguf.GgufMetadata;
import llava4j.checkpoint.gguf.GgufModel;
import llava4j.config.LlavaConfig;
import llava4j.config.TextConfig;
import llava4j.config.VisionConfig;
import llava4j.error.BadInputException;
import llava4j.image.ChannelValues;
import llava4j.image.ImageMode;
import llava4j.image.ImageProcessorConfig;
import llava4j.image.PatchMerge;
import llava4j.image.Resolution;

/// Pairs a GGUF language model with its mmproj file and opens both.
final class GgufOpener {
  private final CheckpointOptions options;

  GgufOpener(CheckpointOptions options) {
    this.options = options;
  }

  /// Opens a language model; the mmproj file is the one given, or the only one in the same folder.
  Checkpoint open(Path model) {
    if (!isGguf(model)) {
      throw new BadInputException(model + " is no model: give a model folder or a .gguf file");
    }
    Path folder = model.toAbsolutePath().getParent();
    Path mmproj = options.mmproj().orElseGet(() -> only(folder, true, "name it with --mmproj"));
    return open(model, mmproj);
  }

  /// Opens a folder with one language model and one mmproj file.
  Checkpoint openFolder(Path folder) {
    if (ggufFiles(folder).isEmpty()) {
      throw new BadInputException(
          folder
              + " is no model folder: it has neither config.json nor adapter_config.json nor a .gguf file");
    }
    Path model = only(folder, false, "name the file itself");
    return open(
        model, options.mmproj().orElseGet(() -> only(folder, true, "name it with --mmproj")));
  }

  private Checkpoint open(Path modelFile, Path mmprojFile) {
    GgufFile text = GgufFile.open(modelFile);
    GgufFile vision;
    try {
      vision = GgufFile.open(mmprojFile);
    } catch (RuntimeException e) {
      text.close();
      throw e;
    }
    try {
      GgufModel model = new GgufModel(text, vision);
      LlavaConfig config = config(model);
      return new Checkpoint(
          modelFile.getFileName().toString().replaceFirst("\\.gguf$", ""),
          modelFile,
          Dialect.GGUF,
          config,
          processor(model.visionMetadata(), config.vision()),
          model.weights(),
          model::tokenizer,
          Set.of(model.textMetadata().integer("tokenizer.ggml.eos_token_id", 2)),
          model.addsBos());
    } catch (RuntimeException e) {
      text.close();
      vision.close();
      throw e;
    }
  }

  private static LlavaConfig config(GgufModel model) {
    TextConfig text = model.textConfig();
    VisionConfig vision = model.visionConfig();
    GgufMetadata metadata = model.visionMetadata();
    List<Long> flat = metadata.list("clip.vision.image_grid_pinpoints", Long.class);
    List<Resolution> pinpoints = new ArrayList<>();
    for (int i = 0; i + 1 < flat.size(); i += 2) {
      pinpoints.add(new Resolution(Math.toIntExact(flat.get(i)), Math.toIntExact(flat.get(i + 1))));
    }
    PatchMerge merge = PatchMerge.of(metadata.text("clip.vision.mm_patch_merge_type", "flat"));
    ImageMode mode =
        pinpoints.isEmpty() || merge == PatchMerge.FLAT
            ? new ImageMode.Pad()
            : new ImageMode.AnyRes(pinpoints);
    return new LlavaConfig(
        vision,
        model.projectorConfig(),
        text,
        mode,
        mode instanceof ImageMode.Pad ? PatchMerge.FLAT : merge,
        text.contextLength());
  }

  private static ImageProcessorConfig processor(GgufMetadata metadata, VisionConfig vision) {
    ImageProcessorConfig clip = ImageProcessorConfig.clip(vision.imageSize());
    return new ImageProcessorConfig(
        clip.size(),
        clip.resizeRule(),
        clip.cropSize(),
        channels(metadata, "clip.vision.image_mean", clip.mean()),
        channels(metadata, "clip.vision.image_std", clip.std()),
        clip.rescaleFactor(),
        true,
        true,
        true,
        true);
  }

  /// Stored as floats; the value meant is the shortest decimal that rounds to it.
  private static ChannelValues channels(
      GgufMetadata metadata, String key, ChannelValues otherwise) {
    List<Double> values = metadata.list(key, Double.class);
    if (values.size() != 3) {
      return otherwise;
    }
    return new ChannelValues(
        decimal(values.get(0)), decimal(values.get(1)), decimal(values.get(2)));
  }

  private static double decimal(double value) {
    return Double.parseDouble(Float.toString((float) value));
  }

  /// The only language model, or the only mmproj file, of a folder.
  private static Path only(Path folder, boolean vision, String remedy) {
    List<Path> found =
        ggufFiles(folder).stream().filter(file -> GgufModel.isVision(file) == vision).toList();
    if (found.size() != 1) {
      String what = vision ? "mmproj (vision) file" : "language model";
      throw new BadInputException(
          folder
              + (found.isEmpty()
                  ? " has no " + what + " in GGUF form"
                  : " has several of a " + what + ": " + names(found))
              + "; "
              + remedy);
    }
    return found.getFirst();
  }

  private static List<String> names(List<Path> files) {
    return files.stream().map(file -> file.getFileName().toString()).toList();
  }

  private static List<Path> ggufFiles(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(GgufOpener::isGguf).sorted().toList();
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be listed: " + e.getMessage(), e);
    }
  }

  private static boolean isGguf(Path file) {
    return Files.isRegularFile(file)
        && file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".gguf");
  }
}
