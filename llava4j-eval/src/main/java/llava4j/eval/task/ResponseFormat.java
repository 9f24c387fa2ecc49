package llava4j.eval.task;

/// The paper's response-format prompts (Table 8, spec 7.1).
public final class ResponseFormat {
  /// For short answers.
  public static final String SHORT = "Answer the question using a single word or phrase.";

  /// Before that of short answers, where a picture need not show what is asked (VizWiz).
  public static final String UNANSWERABLE =
      "When the provided information is insufficient, respond with 'Unanswerable'.";

  /// For multiple choice.
  public static final String LETTER =
      "Answer with the option's letter from the given choices directly.";

  /// For multiple choice in Chinese (MMBench-CN).
  public static final String LETTER_CN = "请直接回答选项字母。";

  private ResponseFormat() {}
}
