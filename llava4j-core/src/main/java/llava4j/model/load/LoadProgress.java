package llava4j.model.load;

/// Called before and after each tensor while a model is loaded.
@FunctionalInterface
public interface LoadProgress {
  /// Does nothing.
  LoadProgress NONE = (_, _, _) -> {};

  /// @param bytesDone bytes of the checkpoint loaded so far
  /// @param bytesTotal bytes of all tensors the model needs
  void onTensor(String name, long bytesDone, long bytesTotal);
}
