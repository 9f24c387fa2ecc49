package llava4j.checkpoint.open;

import java.nio.file.Path;
import java.util.Optional;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.Checkpoint.Dialect;
import llava4j.checkpoint.adapter.AdapterWriter;

/// How the `config.json` of a connector or an adapter names its vision tower, which is not among
/// what they hold themselves.
///
/// @param name for `mm_vision_tower`; empty where the base holds the tower
/// @param copied whether the tower has to be written into the folder `clip`
public record TowerReference(Optional<String> name, boolean copied) {
  private static final String CLIP = "clip";
  private static final String TENSOR = "vision_tower.vision_model.embeddings.class_embedding";

  /// A tower of the hub goes by its name. Any other is copied, and named by the whole way to it:
  /// the original code looks for a relative one in its working directory. Where the folder has been
  /// moved, `clip` beside the file is found nevertheless.
  public static TowerReference of(Checkpoint checkpoint, Path folder) {
    Path holder = checkpoint.weights().tensors().get(TENSOR).file().toAbsolutePath().getParent();
    if (AdapterWriter.isSnapshot(holder) && !holder.equals(base(checkpoint))) {
      return new TowerReference(Optional.of(Checkpoint.nameOf(holder)), false);
    }
    Path copy = folder.toAbsolutePath().normalize().resolve(CLIP);
    return new TowerReference(Optional.of(copy.toString()), true);
  }

  /// The same beside an adapter, whose base holds the tower where it is a Hugging Face LLaVA.
  public static TowerReference besideAdapter(Checkpoint checkpoint, Path folder) {
    return checkpoint.dialect() == Dialect.HUGGING_FACE
        ? new TowerReference(Optional.empty(), false)
        : of(checkpoint, folder);
  }

  private static Path base(Checkpoint checkpoint) {
    return checkpoint.location().toAbsolutePath().normalize();
  }
}
