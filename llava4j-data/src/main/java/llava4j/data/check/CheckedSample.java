package llava4j.data.check;

import java.util.List;
import java.util.Optional;
import llava4j.data.Sample;
import llava4j.data.check.TokenRule.Tokens;

/// A sample and what is wrong with it.
///
/// @param number in its file, from 0
/// @param json as it stands in the file
/// @param tokens where a rule was given and nothing else is wrong that hurts
public record CheckedSample(
    int number, Sample sample, byte[] json, List<Finding> findings, Optional<Tokens> tokens) {
  public CheckedSample {
    findings = List.copyOf(findings);
  }
}
