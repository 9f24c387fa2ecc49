package llava4j.generate;

/// What the scheduler may use at the same time.
///
/// @param maxBlocks KV blocks of running and remembered sequences together, see
///   [llava4j.model.cache.KvPool]
/// @param maxSequences running sequences; a request with more runs alone
/// @param promptRows tokens of prompts that one pass reads while nobody waits for a token
/// @param promptRowsBeside tokens of prompts that one pass reads while other sequences generate:
///   what the time between two of their tokens grows by
/// @param guesses tokens of a sequence that are guessed at once and checked in one pass, if the
///   model does that cheaply; 0 for none. Answers are the same.
public record SchedulerLimits(
    int maxBlocks, int maxSequences, int promptRows, int promptRowsBeside, int guesses) {
  /// Sequences whose step still costs much less than steps of their own.
  private static final int SEQUENCES = 32;

  /// More rows at once are not faster, and need more memory.
  private static final int ROWS = 1024;

  /// Enough to use the faster kernels of many rows.
  private static final int ROWS_BESIDE = 256;

  public SchedulerLimits {
    if (maxBlocks < 1
        || maxSequences < 1
        || promptRows < 1
        || promptRowsBeside < 1
        || guesses < 0) {
      throw new IllegalArgumentException("limits must be positive, and guesses not negative");
    }
  }

  /// Limits for a number of KV blocks.
  public static SchedulerLimits ofBlocks(int maxBlocks) {
    return new SchedulerLimits(maxBlocks, SEQUENCES, ROWS, ROWS_BESIDE, PromptLookup.MOST);
  }

  public SchedulerLimits withGuesses(int tokens) {
    return new SchedulerLimits(maxBlocks, maxSequences, promptRows, promptRowsBeside, tokens);
  }
}
