package llava4j.data.check;

import java.util.List;

/// Hears of every sample of a check, the broken ones first, both in the file's order.
public interface CheckListener {
  /// A sample that cannot be read, or text between samples.
  ///
  /// @param findings at least one, all of the same place
  void onBroken(List<Finding> findings);

  /// A sample that can be read.
  void onSample(CheckedSample sample);
}
