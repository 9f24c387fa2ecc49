package llava4j.spring.ai;

import java.time.Duration;

/// What Spring AI's usage has no place for: its `getNativeUsage()`.
///
/// @param imageTokens how many tokens of the prompt are images
/// @param imageEncoding time in the vision tower and the projector
/// @param firstToken from the call until the first text; zero if there was none
/// @param total the whole call
public record LlavaUsage(
    int imageTokens, Duration imageEncoding, Duration firstToken, Duration total) {}
