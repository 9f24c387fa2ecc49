package llava4j.eval.task;

/// The paper's response-format prompts (Table 8, spec 7.1), as the benchmarks put them.
public final class ResponseFormat {
  /// For short answers.
  public static final String SHORT = llava4j.text.ResponseFormat.SHORT.instruction();

  /// Before that of short answers, where an image need not show what is asked (VizWiz).
  public static final String UNANSWERABLE =
      "When the provided information is insufficient, respond with 'Unanswerable'.";

  /// For multiple choice.
  public static final String LETTER = llava4j.text.ResponseFormat.LETTER.instruction();

  /// For multiple choice in Chinese (MMBench-CN).
  public static final String LETTER_CN = "请直接回答选项字母。";

  private ResponseFormat() {}
}
