package llava4j.checkpoint;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import llava4j.error.BadInputException;

/// Options for what is not in the checkpoint itself.
///
/// @param base folder or hub name of the base model (a language model or a whole LLaVA) of a
///   projector or a LoRA adapter
/// @param visionTower folder or hub name of the CLIP model for a checkpoint in the original layout,
///   in place of the one in its configuration
/// @param mmproj the mmproj (vision) file of a GGUF model; empty for the only one in its folder
/// @param mergeLora whether an adapter is merged into the base matrices
/// @param hub maps a model name `owner/name` to its folder
public record CheckpointOptions(
    Optional<String> base,
    Optional<String> visionTower,
    Optional<Path> mmproj,
    boolean mergeLora,
    Function<String, Path> hub) {

  /// The parts that can be given separately.
  public enum Part {
    BASE("base model", "--base"),
    VISION_TOWER("vision tower", "--vision-tower"),
    MMPROJ("mmproj file", "--mmproj");

    private final String what;
    private final String option;

    Part(String what, String option) {
      this.what = what;
      this.option = option;
    }
  }

  /// No options and no hub.
  public static CheckpointOptions none() {
    return new CheckpointOptions(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false,
        name -> {
          throw new BadInputException(
              "'"
                  + name
                  + "' is not a file or folder here, and no model hub is configured; give a path");
        });
  }

  /// Refuses options that a checkpoint does not use, instead of ignoring them.
  ///
  /// @param uses the options that the checkpoint uses
  /// @throws BadInputException if another option is given
  public void requireUsed(Path checkpoint, Set<Part> uses) {
    refuse(Part.BASE, base, checkpoint, uses);
    refuse(Part.VISION_TOWER, visionTower, checkpoint, uses);
    refuse(Part.MMPROJ, mmproj.map(Path::toString), checkpoint, uses);
  }

  private static void refuse(Part part, Optional<String> given, Path checkpoint, Set<Part> uses) {
    if (given.isPresent() && !uses.contains(part)) {
      throw new BadInputException(
          checkpoint
              + " needs no separate "
              + part.what
              + " "
              + given.get()
              + "; leave out "
              + part.option);
    }
  }

  public CheckpointOptions withBase(String folderOrName) {
    return new CheckpointOptions(Optional.of(folderOrName), visionTower, mmproj, mergeLora, hub);
  }

  public CheckpointOptions withoutBase() {
    return new CheckpointOptions(Optional.empty(), visionTower, mmproj, mergeLora, hub);
  }

  public CheckpointOptions withVisionTower(String folderOrName) {
    return new CheckpointOptions(base, Optional.of(folderOrName), mmproj, mergeLora, hub);
  }

  public CheckpointOptions withMmproj(Path file) {
    return new CheckpointOptions(base, visionTower, Optional.of(file), mergeLora, hub);
  }

  public CheckpointOptions withMergedLora() {
    return withMergedLora(true);
  }

  public CheckpointOptions withMergedLora(boolean merged) {
    return new CheckpointOptions(base, visionTower, mmproj, merged, hub);
  }

  public CheckpointOptions withHub(Function<String, Path> fetch) {
    return new CheckpointOptions(base, visionTower, mmproj, mergeLora, fetch);
  }
}
