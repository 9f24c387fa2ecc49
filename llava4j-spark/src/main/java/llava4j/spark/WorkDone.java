package llava4j.spark;

/// What executors have reported so far. Tries that failed and rows that were computed again count
/// too, so these are figures of work and not of results.
///
/// @param rows answered or failed
/// @param failedRows those with an error
/// @param promptTokens of all prompts, images included
/// @param generatedTokens of all answers
public record WorkDone(long rows, long failedRows, long promptTokens, long generatedTokens) {}
