package llava4j.checkpoint.gguf;

/// Called after each written tensor of a file.
@FunctionalInterface
public interface WriteProgress {
  /// @param tensor the tensor that was written
  /// @param bytesDone of `bytesTotal`, both of tensor data
  void written(String tensor, long bytesDone, long bytesTotal);

  /// Does nothing.
  static WriteProgress silent() {
    return (_, _, _) -> {};
  }
}
