package llava4j.generate;

/// What a scheduler has in hand at a moment.
///
/// @param sequences that the newest step gave a token
/// @param waiting requests that wait until there is room beside the running ones
public record SchedulerLoad(int sequences, int waiting) {
  /// Of a model that is not in memory.
  public static final SchedulerLoad NONE = new SchedulerLoad(0, 0);
}
