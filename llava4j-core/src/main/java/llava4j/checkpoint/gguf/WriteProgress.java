package llava4j.checkpoint.gguf;

/// Told after each tensor of a file that is being written.
@FunctionalInterface
public interface WriteProgress {
  /// @param tensor the one just written
  /// @param bytesDone of `bytesTotal`, both of tensor data
  void written(String tensor, long bytesDone, long bytesTotal);

  /// Tells nobody.
  static WriteProgress silent() {
    return (_, _, _) -> {};
  }
}
