package llava4j.text.jinja;

import java.time.Duration;

/// Limits of one rendering.
///
/// @param time until the text must be there
/// @param steps evaluated expressions and statements
/// @param size characters of the text, and of every text on the way
/// @param depth calls within calls
public record RenderLimits(Duration time, long steps, int size, int depth) {
  /// More than any chat needs, and little enough for a hostile template.
  public static RenderLimits defaults() {
    return new RenderLimits(Duration.ofSeconds(5), 10_000_000, 8 << 20, 64);
  }
}
