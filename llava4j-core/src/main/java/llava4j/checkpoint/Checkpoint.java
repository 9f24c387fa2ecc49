package llava4j.checkpoint;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.checkpoint.weights.RenamedSource;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.LlavaConfig;
import llava4j.image.ImageMode;
import llava4j.image.ImageProcessorConfig;
import llava4j.text.PromptConventions;

/// An opened checkpoint of any dialect: its configuration, its weights under our names, and its
/// tokenizer. No weights have been read yet.
///
/// @param name the model's name, which may determine the conversation template
/// @param location the folder or file it came from
/// @param weights all tensors, including those of vision tower blocks that are never run
/// @param tokenizer opens the tokenizer and knows the location of its files
/// @param eosIds ids that end an answer
/// @param addsBos whether prompts begin with the beginning-of-sequence id
/// @param prompts how prompts are written
public record Checkpoint(
    String name,
    Path location,
    Dialect dialect,
    LlavaConfig config,
    ImageProcessorConfig imageProcessor,
    WeightSource weights,
    TokenizerSource tokenizer,
    Set<Integer> eosIds,
    boolean addsBos,
    PromptConventions prompts)
    implements AutoCloseable {

  /// A checkpoint whose prompts follow the files at its location.
  public Checkpoint(
      String name,
      Path location,
      Dialect dialect,
      LlavaConfig config,
      ImageProcessorConfig imageProcessor,
      WeightSource weights,
      TokenizerSource tokenizer,
      Set<Integer> eosIds,
      boolean addsBos) {
    this(
        name,
        location,
        dialect,
        config,
        imageProcessor,
        weights,
        tokenizer,
        eosIds,
        addsBos,
        PromptConventions.of(location));
  }

  /// The known checkpoint layouts.
  public enum Dialect {
    HUGGING_FACE("Hugging Face"),
    ORIGINAL("original LLaVA"),
    GGUF("GGUF");

    private final String title;

    Dialect(String title) {
      this.title = title;
    }

    @Override
    public String toString() {
      return title;
    }
  }

  private static final Pattern VISION_LAYER =
      Pattern.compile("vision_tower\\.vision_model\\.encoder\\.layers\\.(\\d{1,9})\\..*");

  /// The checkpoint with another image mode. If the mode has no tiles, the learned newline
  /// (`image_newline`) is left out, because the original code ignores it then.
  public Checkpoint withImageMode(ImageMode mode) {
    return seenAs(config.withImageMode(mode));
  }

  /// The checkpoint with a configuration that has another image mode, without `image_newline` if
  /// that mode does not use it.
  public Checkpoint seenAs(LlavaConfig changed) {
    boolean unused = config.hasImageNewline() && !changed.hasImageNewline();
    Checkpoint seen = withConfig(changed);
    return unused
        ? seen.withWeights(
            new RenamedSource()
                .add(weights, Optional::of)
                .keepOnly(tensor -> !tensor.equals(ParameterTable.IMAGE_NEWLINE)))
        : seen;
  }

  /// The name of a model in this folder or file: its last name, or the name of the repository if it
  /// is in the hub's cache.
  public static String nameOf(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    // In the hub's cache the folder is named by a commit; the model's name is two levels higher.
    Path snapshots = absolute.getParent();
    if (snapshots != null && snapshots.endsWith("snapshots") && snapshots.getParent() != null) {
      return String.valueOf(snapshots.getParent().getFileName())
          .replaceFirst("^models--", "")
          .replace("--", "/");
    }
    return String.valueOf(absolute.getFileName());
  }

  /// The tensors that inference needs, without the vision tower blocks after the selected hidden
  /// state and without the vision tower's final norm.
  public WeightSource inferenceWeights() {
    return new RenamedSource()
        .add(weights, Optional::of)
        .keepOnly(name -> isUsed(name, config.vision().layersToRun()));
  }

  /// The same with another configuration.
  public Checkpoint withConfig(LlavaConfig other) {
    return new Checkpoint(
        name,
        location,
        dialect,
        other,
        imageProcessor,
        weights,
        tokenizer,
        eosIds,
        addsBos,
        prompts);
  }

  /// The same with other weights.
  public Checkpoint withWeights(WeightSource other) {
    return new Checkpoint(
        name,
        location,
        dialect,
        config,
        imageProcessor,
        other,
        tokenizer,
        eosIds,
        addsBos,
        prompts);
  }

  /// The same under another name, as if it had come from another place.
  public Checkpoint at(Path place, String newName) {
    return new Checkpoint(
        newName,
        place,
        dialect,
        config,
        imageProcessor,
        weights,
        tokenizer,
        eosIds,
        addsBos,
        prompts);
  }

  /// The same with another tokenizer, and what goes with it.
  public Checkpoint withTokenizer(TokenizerSource other, Set<Integer> otherEosIds, boolean bos) {
    return new Checkpoint(
        name, location, dialect, config, imageProcessor, weights, other, otherEosIds, bos, prompts);
  }

  /// The same with prompts written otherwise.
  public Checkpoint withPrompts(PromptConventions other) {
    return new Checkpoint(
        name,
        location,
        dialect,
        config,
        imageProcessor,
        weights,
        tokenizer,
        eosIds,
        addsBos,
        other);
  }

  private static boolean isUsed(String name, int layersToRun) {
    if (name.startsWith("vision_tower.vision_model.post_layernorm.")) {
      return false;
    }
    Matcher layer = VISION_LAYER.matcher(name);
    return !layer.matches() || Integer.parseInt(layer.group(1)) < layersToRun;
  }

  @Override
  public void close() {
    weights.close();
  }
}
