package llava4j.train.batch;

import llava4j.error.BadInputException;

/// How labels are computed.
public enum MaskRule {
  /// From the character spans of the answers; a sample that does not fit is an error that names it.
  BY_CONSTRUCTION,
  /// By counting tokens, as the original code does; if the count does not add up, the whole sample
  /// is masked silently.
  REFERENCE;

  /// Reads `by_construction` or `reference`.
  ///
  /// @throws BadInputException for any other text
  public static MaskRule parse(String text) {
    for (MaskRule rule : values()) {
      if (rule.name().equalsIgnoreCase(text.strip())) {
        return rule;
      }
    }
    throw new BadInputException(
        "unknown mask rule '" + text + "': use by_construction or reference");
  }
}
