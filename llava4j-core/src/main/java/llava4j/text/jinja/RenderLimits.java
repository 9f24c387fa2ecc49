package llava4j.text.jinja;

import java.time.Duration;

/// Limits of one rendering.
///
/// @param time for the whole rendering
/// @param steps evaluated expressions and statements
/// @param size characters of the result, and of every intermediate text
/// @param depth of nested calls
public record RenderLimits(Duration time, long steps, int size, int depth) {
  /// More than any chat needs, but small enough for hostile templates.
  public static RenderLimits defaults() {
    return new RenderLimits(Duration.ofSeconds(5), 10_000_000, 8 << 20, 64);
  }
}
