package llava4j.server.http;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import llava4j.server.request.Refusal;

/// What the head of a request must be like before its path and key are looked at.
final class RequestHead {
  static final String TWO_LENGTHS = "Content-Length and Transfer-Encoding";

  private RequestHead() {}

  /// The host that a request is for; null for HTTP/1.0 without one.
  ///
  /// @throws Refusal if it names none, or several
  static String host(HttpServerRequest request) {
    List<String> hosts = request.headers().getAll("Host");
    if (hosts.size() > 1 || (hosts.isEmpty() && request.version() == HttpVersion.HTTP_1_1)) {
      throw Refusal.of(
          Refusal.Reason.BAD_REQUEST,
          "the request must have the header Host, and only once; add it");
    }
    String target = request.uri();
    if (target.regionMatches(true, 0, "http://", 0, 7)) { // it counts more than the header
      String rest = target.substring("http://".length());
      return rest.replaceFirst("[/?#].*$", "");
    }
    return hosts.isEmpty() ? null : hosts.getFirst();
  }

  /// @throws Refusal if the body comes in a form that is not read here
  static void requireReadableBody(HttpServerRequest request) {
    List<String> transfer = request.headers().getAll("Transfer-Encoding");
    if (!transfer.isEmpty()) {
      requireChunked(request, transfer);
    }
    String coding = request.getHeader("Content-Encoding");
    if (coding != null && !coding.strip().equalsIgnoreCase("identity")) {
      throw Refusal.of(
          Refusal.Reason.UNSUPPORTED_CODING,
          "a body with Content-Encoding is not read here; send it as it is, without the header");
    }
  }

  /// What proxies do not agree on could let a part of the body pass for a request.
  private static void requireChunked(HttpServerRequest request, List<String> transfer) {
    if (request.version() == HttpVersion.HTTP_1_0) {
      throw Refusal.of(
          Refusal.Reason.BAD_REQUEST,
          "HTTP/1.0 has no Transfer-Encoding; send Content-Length, or HTTP/1.1");
    }
    if (transfer.size() > 1 || !transfer.getFirst().equalsIgnoreCase("chunked")) {
      throw Refusal.of(
          Refusal.Reason.BAD_REQUEST,
          "Transfer-Encoding can be chunked only, and only once; send it so");
    }
    if (request.headers().contains("Content-Length")) {
      throw twoLengths();
    }
  }

  private static Refusal twoLengths() {
    return Refusal.of(
        Refusal.Reason.BAD_REQUEST,
        "the request has Content-Length and Transfer-Encoding; send one of them");
  }

  /// Why the head of a request could not be read.
  static Refusal unreadable(HttpServerRequest request) {
    Throwable cause = request.decoderResult().cause();
    String why =
        switch (cause) {
          case TooLongHttpHeaderException _ ->
              "the headers of the request are too long; shorten them";
          case TooLongHttpLineException _ -> "the path of the request is too long; shorten it";
          case IllegalArgumentException e when TWO_LENGTHS.equals(e.getMessage()) ->
              twoLengths().getMessage();
          case null, default ->
              "the request is not HTTP/1.1, or has an unusable header; correct it";
        };
    Refusal.Reason reason =
        switch (cause) {
          case TooLongHttpHeaderException _ -> Refusal.Reason.HEADERS_TOO_LARGE;
          case TooLongHttpLineException _ -> Refusal.Reason.PATH_TOO_LONG;
          case null, default -> Refusal.Reason.BAD_REQUEST;
        };
    return Refusal.of(reason, why).withCause(cause);
  }
}
