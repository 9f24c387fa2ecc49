package llava4j.data.mixture.source;

import java.util.function.Consumer;
import llava4j.data.Sample;

/// Converts the files of one source to samples. Every call returns the same samples.
public interface SourceReader {
  /// Reads all files of the source.
  ///
  /// @param samples receives the samples
  /// @param counts counts rows and what is left out
  /// @throws llava4j.error.BadInputException if a file does not have the expected content
  void read(Consumer<Sample> samples, ReadCounts counts);
}
