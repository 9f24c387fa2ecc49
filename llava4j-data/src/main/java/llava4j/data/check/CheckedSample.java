package llava4j.data.check;

import java.util.List;
import java.util.Optional;
import llava4j.data.Sample;
import llava4j.data.check.TokenRule.Tokens;

/// A sample and its problems.
///
/// @param number index of the sample in its file, from 0
/// @param json JSON of the sample, unchanged from the file
/// @param findings the problems; empty if there are none
/// @param tokens token counts, if a rule was given and no other problem harms training
public record CheckedSample(
    int number, Sample sample, byte[] json, List<Finding> findings, Optional<Tokens> tokens) {
  public CheckedSample {
    findings = List.copyOf(findings);
  }
}
