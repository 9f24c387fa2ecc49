package llava4j.data.mixture.source;

import java.util.function.Consumer;
import llava4j.data.Sample;

/// Turns the native files of one source into samples. May be asked several times and gives the same
/// each time.
public interface SourceReader {
  /// Reads from end to end.
  ///
  /// @throws llava4j.error.BadInputException if a file is not what it should be
  void read(Consumer<Sample> samples, ReadCounts counts);
}
