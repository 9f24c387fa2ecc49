package llava4j.eval.judge;

/// Judges one answer at a time.
public interface Judge {

  /// The name of the judge, which a score depends on.
  String name();

  /// Asks the judge.
  ///
  /// @param system the system prompt; may be empty
  /// @param prompt the user's prompt
  /// @return the reply
  /// @throws JudgeException if there was no reply after several tries
  String ask(String system, String prompt);
}
