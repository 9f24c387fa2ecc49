package llava4j.checkpoint;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import llava4j.error.BadInputException;

/// What a checkpoint does not say of itself.
///
/// @param base the language model, or the whole LLaVA, under a projector-only or LoRA checkpoint: a
///   folder or hub name
/// @param visionTower the CLIP of an original checkpoint, if not the one its configuration names: a
///   folder or hub name
/// @param mmproj the image side of a GGUF model, if not the only one beside it
/// @param mergeLora add an adapter to the matrices instead of computing it beside them
/// @param hub gives the folder of a model named `owner/name`
public record CheckpointOptions(
    Optional<String> base,
    Optional<String> visionTower,
    Optional<Path> mmproj,
    boolean mergeLora,
    Function<String, Path> hub) {

  /// What may be named beside a checkpoint.
  public enum Part {
    BASE("base model", "--base"),
    VISION_TOWER("vision tower", "--vision-tower"),
    MMPROJ("image side", "--mmproj");

    private final String what;
    private final String option;

    Part(String what, String option) {
      this.what = what;
      this.option = option;
    }
  }

  /// Nothing given, and no hub to ask.
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
                  + "' is no file or folder here, and no model hub is configured; give a path");
        });
  }

  /// Refuses what a checkpoint has no use for, rather than ignoring it.
  ///
  /// @param uses what it takes of these options
  /// @throws BadInputException if another one is given
  public void requireUsed(Path checkpoint, Set<Part> uses) {
    refuse(Part.BASE, base, checkpoint, uses);
    refuse(Part.VISION_TOWER, visionTower, checkpoint, uses);
    refuse(Part.MMPROJ, mmproj.map(Path::toString), checkpoint, uses);
  }

  private static void refuse(Part part, Optional<String> given, Path checkpoint, Set<Part> uses) {
    if (given.isPresent() && !uses.contains(part)) {
      throw new BadInputException(
          checkpoint
              + " has no use for the "
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
