package llava4j.data.mixture;

/// Hears how far a build is.
public interface BuildListener {
  /// Reading of a source begins.
  void onSource(MixtureSource source);

  /// @param done bytes of native files read
  /// @param total all of them, those that are read twice counted twice
  void onBytes(long done, long total);

  /// A source is done.
  void onResult(SourceResult result);

  /// Hears nothing.
  static BuildListener silent() {
    return new BuildListener() {
      @Override
      public void onSource(MixtureSource source) {}

      @Override
      public void onBytes(long done, long total) {}

      @Override
      public void onResult(SourceResult result) {}
    };
  }
}
