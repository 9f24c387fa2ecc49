package llava4j.server;

import java.time.Duration;
import java.util.Optional;
import llava4j.image.fetch.FetchPolicy;
import llava4j.server.engine.EngineLimits;
import llava4j.server.http.ApiKeys;
import llava4j.server.http.HttpLimits;
import llava4j.server.http.TlsFiles;

/// How models are served.
///
/// @param host the address to listen on
/// @param port 0 for any free one
/// @param keys what clients must send
/// @param tls the certificate; empty for plain HTTP
/// @param modelName the name that clients use for a model that the application has loaded; empty
///   for that of its folder or file
/// @param engine limits of each model
public record ServerSettings(
    String host,
    int port,
    ApiKeys keys,
    Optional<TlsFiles> tls,
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
        ApiKeys.NONE,
        Optional.empty(),
        Optional.empty(),
        new EngineLimits(
            RUNNING, QUEUED, Duration.ofMinutes(10), IMAGES, PIXELS, FetchPolicy.withoutUrls()),
        HttpLimits.ofBody(BODY));
  }

  public ServerSettings withPort(int other) {
    return new ServerSettings(host, other, keys, tls, modelName, engine, http);
  }

  /// With one key for all clients.
  public ServerSettings withApiKey(String key) {
    return withApiKeys(ApiKeys.of(key));
  }

  /// Each key is a tenant of its own: what one has asked makes no answer to another faster.
  public ServerSettings withApiKeys(ApiKeys others) {
    return new ServerSettings(host, port, others, tls, modelName, engine, http);
  }

  public ServerSettings withTls(TlsFiles files) {
    return new ServerSettings(host, port, keys, Optional.of(files), modelName, engine, http);
  }

  public ServerSettings withEngine(EngineLimits limits) {
    return new ServerSettings(host, port, keys, tls, modelName, limits, http);
  }

  public ServerSettings withHttp(HttpLimits limits) {
    return new ServerSettings(host, port, keys, tls, modelName, engine, limits);
  }
}
