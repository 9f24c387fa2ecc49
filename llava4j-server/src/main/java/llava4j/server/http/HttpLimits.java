package llava4j.server.http;

import java.time.Duration;

/// Limits of connections and bodies.
///
/// @param bodyBytes of one request
/// @param allBodyBytes of all requests that are being received or answered
/// @param bodyTime until a body must have arrived
/// @param idle how long a connection may stay open without a request
/// @param writeTime how long a client may take to accept a piece of a response
/// @param connections open at the same time; more are closed at once
public record HttpLimits(
    long bodyBytes,
    long allBodyBytes,
    Duration bodyTime,
    Duration idle,
    Duration writeTime,
    int connections) {
  private static final int BODIES = 8;

  public HttpLimits {
    if (bodyBytes < 1 || bodyBytes > Integer.MAX_VALUE / 2 || allBodyBytes < bodyBytes) {
      throw new IllegalArgumentException("body of " + bodyBytes + ", all " + allBodyBytes);
    }
  }

  /// The usual times, for bodies of a size.
  public static HttpLimits ofBody(long bytes) {
    return new HttpLimits(
        bytes,
        BODIES * bytes,
        Duration.ofSeconds(60),
        Duration.ofSeconds(60),
        Duration.ofSeconds(30),
        1024);
  }
}
