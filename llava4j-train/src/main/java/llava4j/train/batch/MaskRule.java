package llava4j.train.batch;

import llava4j.error.BadInputException;

/// How labels are found.
public enum MaskRule {
  /// From the spans of the answers; an odd sample is an error that names it.
  BY_CONSTRUCTION,
  /// As the original counts tokens; where its count is off, the whole sample is masked silently.
  REFERENCE;

  /// Reads `by_construction` or `reference`.
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
