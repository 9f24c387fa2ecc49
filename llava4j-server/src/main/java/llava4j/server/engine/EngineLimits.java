package llava4j.server.engine;

import java.time.Duration;
import llava4j.image.fetch.FetchPolicy;

/// Limits of the engine.
///
/// @param running requests that the model works on at the same time
/// @param queued requests that wait for these; more are refused
/// @param deadline from the arrival of a request to its last token
/// @param images of one request
/// @param pixels of one image
/// @param fetch where images may come from
public record EngineLimits(
    int running, int queued, Duration deadline, int images, long pixels, FetchPolicy fetch) {
  public EngineLimits {
    if (running < 1 || queued < 1 || images < 0 || pixels < 1 || !deadline.isPositive()) {
      throw new IllegalArgumentException("limits must be positive");
    }
  }
}
