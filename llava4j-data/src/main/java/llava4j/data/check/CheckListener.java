package llava4j.data.check;

import java.util.List;

/// Receives every sample of a check: first all broken ones, then the others, both in the order of
/// the file.
public interface CheckListener {
  /// A sample that cannot be read, or text between samples.
  ///
  /// @param findings at least one, all of the same sample or place
  void onBroken(List<Finding> findings);

  /// A sample that can be read.
  void onSample(CheckedSample sample);
}
