package llava4j.image.fetch;

import java.time.Duration;
import java.util.Set;

/// What may be fetched.
///
/// @param allowUrls whether http and https addresses are followed at all
/// @param maxBytes largest image file, from whatever source
/// @param timeout for the whole of a download, redirects included
/// @param maxRedirects redirects that are followed
/// @param privateHosts host names, in lower case, that may lie in private networks; for tests and
///   closed networks
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

  /// The same, and public addresses.
  public static FetchPolicy withUrls() {
    return new FetchPolicy(true, 64L << 20, Duration.ofSeconds(20), 5, Set.of());
  }
}
