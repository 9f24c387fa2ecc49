package llava4j.image.fetch;

import java.time.Duration;
import java.util.Set;

/// Rules for fetching images.
///
/// @param allowUrls whether http and https addresses are allowed
/// @param maxBytes largest image file, from any source
/// @param timeout for a whole download, including redirects
/// @param maxRedirects maximum number of redirects
/// @param privateHosts allowed host names in private networks, in lower case; for tests and closed
///   networks
public record FetchPolicy(
    boolean allowUrls,
    long maxBytes,
    Duration timeout,
    int maxRedirects,
    Set<String> privateHosts) {

  public FetchPolicy {
    if (maxBytes < 1
        || maxBytes > Integer.MAX_VALUE - 64
        || timeout.isNegative()
        || timeout.isZero()
        || maxRedirects < 0) {
      throw new IllegalArgumentException(
          "maxBytes " + maxBytes + ", timeout " + timeout + ", maxRedirects " + maxRedirects);
    }
    privateHosts = Set.copyOf(privateHosts);
  }

  /// Files, data URIs and standard input up to 64 MiB; no addresses.
  public static FetchPolicy withoutUrls() {
    return new FetchPolicy(false, 64L << 20, Duration.ofSeconds(20), 5, Set.of());
  }

  /// Also public addresses.
  public static FetchPolicy withUrls() {
    return new FetchPolicy(true, 64L << 20, Duration.ofSeconds(20), 5, Set.of());
  }
}
