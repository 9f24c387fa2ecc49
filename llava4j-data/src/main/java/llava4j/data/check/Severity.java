package llava4j.data.check;

/// Which problems count.
public enum Severity {
  /// Only problems that harm a training run.
  HURTING,
  /// All problems, the harmless ones too.
  ALL;

  /// Whether the problem counts.
  public boolean counts(Problem problem) {
    return this == ALL || problem.hurts();
  }
}
