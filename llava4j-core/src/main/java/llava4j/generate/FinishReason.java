package llava4j.generate;

/// Why an answer ended.
public enum FinishReason {
  /// the model said so
  END,
  /// a stop string appeared
  STOP_STRING,
  /// the wanted number of tokens is reached
  MAX_TOKENS,
  /// the model's context is full
  CONTEXT_FULL,
  /// the caller asked to stop
  CANCELLED
}
