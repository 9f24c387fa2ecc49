package llava4j.data.check;

/// What counts as a problem.
public enum Severity {
  /// What hurts a training run.
  HURTING,
  /// Whatever is odd, too.
  ALL;

  /// Whether the problem counts.
  public boolean counts(Problem problem) {
    return this == ALL || problem.hurts();
  }
}
