package llava4j.checkpoint.open;

import java.nio.file.Path;
import java.util.Optional;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.Checkpoint.Dialect;
import llava4j.checkpoint.adapter.AdapterWriter;

/// How the `config.json` of a projector or an adapter refers to the vision tower, which is not in
/// its own files.
///
/// @param name for `mm_vision_tower`; empty if the base contains the vision tower
/// @param copied whether the vision tower has to be written into the folder `clip`
public record TowerReference(Optional<String> name, boolean copied) {
  private static final String CLIP = "clip";
  private static final String TENSOR = "vision_tower.vision_model.embeddings.class_embedding";

  /// A vision tower from the hub is referred to by its hub name. Any other is copied and referred
  /// to by its absolute path, because the original code resolves a relative path against the
  /// working directory. If the folder is moved later, `clip` next to the file is still found.
  public static TowerReference of(Checkpoint checkpoint, Path folder) {
    Path holder = checkpoint.weights().tensors().get(TENSOR).file().toAbsolutePath().getParent();
    if (AdapterWriter.isSnapshot(holder) && !holder.equals(base(checkpoint))) {
      return new TowerReference(Optional.of(Checkpoint.nameOf(holder)), false);
    }
    Path copy = folder.toAbsolutePath().normalize().resolve(CLIP);
    return new TowerReference(Optional.of(copy.toString()), true);
  }

  /// Like [#of], for an adapter; a base that is a Hugging Face LLaVA contains the vision tower.
  public static TowerReference besideAdapter(Checkpoint checkpoint, Path folder) {
    return checkpoint.dialect() == Dialect.HUGGING_FACE
        ? new TowerReference(Optional.empty(), false)
        : of(checkpoint, folder);
  }

  private static Path base(Checkpoint checkpoint) {
    return checkpoint.location().toAbsolutePath().normalize();
  }
}
