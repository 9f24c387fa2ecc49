package llava4j.data.mixture;

/// Receives the progress of a build.
public interface BuildListener {
  /// Reading of a source starts.
  void onSource(MixtureSource source);

  /// @param done bytes of the sources' files read so far
  /// @param total bytes to read; a file that is read twice counts twice
  void onBytes(long done, long total);

  /// A source is done.
  void onResult(SourceResult result);

  /// A listener that ignores all events.
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
