package llava4j.server;

import java.time.Duration;
import java.util.Optional;
import llava4j.image.fetch.FetchPolicy;
import llava4j.server.engine.EngineLimits;
import llava4j.server.http.HttpLimits;

/// How a model is served.
///
/// @param host the address to listen on
/// @param port 0 for any free one
/// @param apiKey what clients must send, empty for none
/// @param modelName the name that clients use; empty for that of the model's folder or file
public record ServerSettings(
    String host,
    int port,
    Optional<String> apiKey,
    Optional<String> modelName,
    EngineLimits engine,
    HttpLimits http) {
  private static final int RUNNING = 16;
  private static final int QUEUED = 64;
  private static final int IMAGES = 8;
  private static final long PIXELS = 50_000_000;
  private static final long BODY = 32L << 20;

  /// This machine only, without a key and without images from addresses.
  public static ServerSettings defaults() {
    return new ServerSettings(
        "127.0.0.1",
        8080,
        Optional.empty(),
        Optional.empty(),
        new EngineLimits(
            RUNNING, QUEUED, Duration.ofMinutes(10), IMAGES, PIXELS, FetchPolicy.withoutUrls()),
        HttpLimits.ofBody(BODY));
  }

  public ServerSettings withPort(int other) {
    return new ServerSettings(host, other, apiKey, modelName, engine, http);
  }

  public ServerSettings withApiKey(String key) {
    return new ServerSettings(host, port, Optional.of(key), modelName, engine, http);
  }

  public ServerSettings withEngine(EngineLimits limits) {
    return new ServerSettings(host, port, apiKey, modelName, limits, http);
  }

  public ServerSettings withHttp(HttpLimits limits) {
    return new ServerSettings(host, port, apiKey, modelName, engine, limits);
  }
}
