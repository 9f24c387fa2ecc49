package llava4j.generate;

/// Why an answer ended.
public enum FinishReason {
  /// the model generated an end token
  END,
  /// a stop string appeared
  STOP_STRING,
  /// the maximum number of tokens was reached
  MAX_TOKENS,
  /// the model's context is full
  CONTEXT_FULL,
  /// the caller cancelled the answer
  CANCELLED
}
