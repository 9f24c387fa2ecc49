package llava4j.eval.judge;

/// Judges one answer at a time.
public interface Judge {

  /// Which judge: a part of what a score means.
  String name();

  /// Asks.
  ///
  /// @param system what it is told it is; may be empty
  /// @param prompt everything else
  /// @return its words
  /// @throws JudgeException if it did not answer, also after several tries
  String ask(String system, String prompt);
}
