package llava4j.model.load;

/// Told before and after each tensor while a model loads.
@FunctionalInterface
public interface LoadProgress {
  /// Says nothing to nobody.
  LoadProgress NONE = (_, _, _) -> {};

  /// @param bytesDone bytes of the checkpoint taken so far
  /// @param bytesTotal bytes of all tensors the model needs
  void onTensor(String name, long bytesDone, long bytesTotal);
}
