package llava4j.experiment.judge;

/// Whether our figures agree with the paper's finding.
public enum Verdict {
  AGREE("agree"),
  DISAGREE("disagree"),
  CANNOT_TELL("cannot tell");

  private final String words;

  Verdict(String words) {
    this.words = words;
  }

  /// In a report.
  public String words() {
    return words;
  }
}
