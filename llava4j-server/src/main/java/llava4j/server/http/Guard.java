package llava4j.server.http;

import java.util.Locale;
import llava4j.server.request.Refusal;

/// Who may ask.
///
/// With a key: who knows it. Without one: on a loopback address, requests that name this machine as
/// the host, so that no web page can reach the server under a name of its own (DNS rebinding); and
/// anywhere, no scripts of other pages.
final class Guard {
  private static final String BEARER = "bearer ";

  private final ApiKeys keys;
  private final boolean loopback;

  /// @param loopback whether the server listens on a loopback address
  Guard(ApiKeys keys, boolean loopback) {
    this.keys = keys;
    this.loopback = loopback;
  }

  /// @param authorization the header, or null; likewise the others
  /// @return the name of the key; empty if none is needed
  /// @throws Refusal if they may not ask
  String check(String authorization, String host, String origin) {
    if (!keys.isEmpty()) {
      return nameOf(authorization);
    }
    if (loopback && !isThisMachine(host)) {
      throw Refusal.of(
          Refusal.Reason.FORBIDDEN,
          "this server is reached as localhost only; start it with --host or --api-key for others");
    }
    if (origin != null && !isSame(origin, host)) {
      throw Refusal.of(
          Refusal.Reason.FORBIDDEN,
          "pages of other sites may not use this server; serve the page and this server behind one address");
    }
    return "";
  }

  private String nameOf(String authorization) {
    boolean given =
        authorization != null && authorization.toLowerCase(Locale.ROOT).startsWith(BEARER);
    return keys.nameOf(given ? authorization.substring(BEARER.length()).strip() : "")
        .orElseThrow(() ->
            Refusal.of(
                    Refusal.Reason.UNAUTHORIZED,
                    "the API key is missing or wrong; send the header Authorization: Bearer KEY")
                .withCode("invalid_api_key"));
  }

  private static boolean isThisMachine(String host) {
    String name = host == null ? "" : host.replaceFirst(":\\d+$", "").toLowerCase(Locale.ROOT);
    return name.equals("localhost") || name.equals("[::1]") || name.matches("127(\\.\\d{1,3}){3}");
  }

  private static boolean isSame(String origin, String host) {
    return origin.replaceFirst("^https?://", "").equalsIgnoreCase(host);
  }
}
