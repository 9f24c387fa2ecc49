package llava4j.checkpoint.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import llava4j.error.BadInputException;

/// Requests to a hub. Redirects are followed in our code, so that the token is not sent to another
/// host; requests are repeated after temporary errors.
final class HubHttp {
  private static final int MAX_TRIES = 5;
  private static final int MAX_REDIRECTS = 5;
  private static final int RANGE_NOT_SATISFIABLE = 416;
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

  private final HubSettings settings;
  private final HubPatience patience;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(Duration.ofSeconds(20))
          .build();

  HubHttp(HubSettings settings, HubPatience patience) {
    this.settings = settings;
    this.patience = patience;
  }

  /// One kind of request; an [IOException] is a temporary error.
  private interface Attempt<T> {
    T run() throws IOException;
  }

  /// The server asks to retry later.
  private static final class BusyException extends IOException {
    private final Optional<Duration> pause;

    BusyException(String message, Optional<Duration> pause) {
      super(message);
      this.pause = pause;
    }
  }

  /// The server answered that this does not exist; the caller writes the message.
  static final class NotFoundException extends RuntimeException {
    private final String code;

    NotFoundException(String code) {
      super(code);
      this.code = code;
    }

    /// The value of `X-Error-Code`, or empty.
    String code() {
      return code;
    }
  }

  /// A successful response (200, 206, or 416 to a Range request), after retries if necessary. The
  /// caller closes its body.
  ///
  /// @param what the requested file, for messages
  HttpResponse<InputStream> get(
      URI uri, Map<String, String> headers, String what, Consumer<String> notes) {
    return repeat(what, notes, uri, () -> require(follow("GET", uri, headers), uri, what));
  }

  /// A whole response; bytes beyond the limit are dropped.
  ///
  /// @throws NotFoundException if it does not exist
  byte[] getBytes(URI uri, int limit, String what, Consumer<String> notes) {
    return repeat(
        what,
        notes,
        uri,
        () -> {
          HttpResponse<InputStream> response = follow("GET", uri, Map.of());
          if (response.statusCode() == 404) {
            response.body().close();
            throw new NotFoundException(code(response));
          }
          require(response, uri, what);
          try (InputStream body = response.body();
              StallWatch _ = StallWatch.start(body, patience.silence())) {
            return body.readNBytes(limit);
          }
        });
  }

  /// Whether an address exists.
  boolean exists(URI uri) {
    try {
      HttpResponse<InputStream> response = follow("GET", uri, Map.of());
      response.body().close();
      return response.statusCode() == 200;
    } catch (IOException e) {
      return false; // needed only for a better message
    }
  }

  /// Requests size and etag of a file, if they are not in the listing.
  HubFile describe(URI uri, HubFile file, String what, Consumer<String> notes) {
    return repeat(
        what,
        notes,
        uri,
        () -> {
          HttpResponse<InputStream> response = follow("HEAD", uri, Map.of());
          response.body().close();
          if (response.statusCode() / 100 != 3) {
            require(response, uri, what);
          }
          return described(file, response, uri);
        });
  }

  HubPatience patience() {
    return patience;
  }

  static BadInputException interrupted(Exception e) {
    Thread.currentThread().interrupt();
    return new BadInputException(
        "the download was interrupted; run the command again to resume it", e);
  }

  static String message(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private <T> T repeat(String what, Consumer<String> notes, URI uri, Attempt<T> attempt) {
    for (int tries = 1; ; tries++) {
      String problem;
      Duration pause = patience.pause(tries);
      try {
        return attempt.run();
      } catch (BusyException e) {
        problem = e.getMessage();
        pause = e.pause.orElse(pause);
      } catch (IOException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw interrupted(e);
        }
        problem = "the connection to " + uri.getHost() + " failed (" + message(e) + ")";
      }
      if (tries == MAX_TRIES || pause.compareTo(LONGEST_PAUSE) > 0) {
        String wish =
            pause.compareTo(LONGEST_PAUSE) > 0
                ? " and asks to wait " + pause.toMinutes() + " minutes"
                : "";
        throw new BadInputException(
            what
                + " cannot be downloaded after "
                + tries
                + (tries == 1 ? " try: " : " tries: ")
                + problem
                + wish
                + "; check the network and HF_ENDPOINT or try again later; the downloaded bytes are"
                + " kept");
      }
      notes.accept(problem + "; retrying in " + pause.toMillis() / 1000.0 + " s");
      patience.sleep(pause);
    }
  }

  private static HubFile described(HubFile file, HttpResponse<?> response, URI uri) {
    Optional<String> linked = response.headers().firstValue("x-linked-etag");
    String etag =
        linked.or(() -> response.headers().firstValue("etag")).orElse("").replaceAll("^W/|\"", "");
    String size =
        response
            .headers()
            .firstValue("x-linked-size")
            .or(() -> response.headers().firstValue("content-length"))
            .orElse("-1");
    // the etag becomes a file's name
    if (!etag.matches("[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}") || !size.matches("-1|\\d{1,18}")) {
      throw new BadInputException(
          uri + " does not answer like a hub: etag or size is missing; check HF_ENDPOINT");
    }
    Optional<String> sha256 = Optional.of(etag).filter(text -> text.matches("[0-9a-f]{64}"));
    // the length of a redirect is not that of the file
    boolean itsOwn = linked.isPresent() || response.statusCode() / 100 == 2;
    return new HubFile(file.path(), itsOwn ? Long.parseLong(size) : -1, etag, sha256);
  }

  private HttpResponse<InputStream> follow(String method, URI start, Map<String, String> headers)
      throws IOException {
    URI uri = start;
    for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      HttpResponse<InputStream> response = send(method, uri, headers);
      Optional<String> location = response.headers().firstValue("location");
      boolean told = method.equals("HEAD") && response.headers().map().containsKey("x-linked-etag");
      if (response.statusCode() / 100 != 3 || location.isEmpty() || told) {
        return response;
      }
      response.body().close();
      uri = redirected(uri, location.get());
    }
    throw new IOException("more than " + MAX_REDIRECTS + " redirects");
  }

  private static URI redirected(URI from, String location) throws IOException {
    URI to;
    try {
      to = from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new IOException("it redirects to '" + location + "', which is not a valid address", e);
    }
    String scheme = String.valueOf(to.getScheme()).toLowerCase(Locale.ROOT);
    boolean weaker = "https".equals(from.getScheme()) && !scheme.equals("https");
    if (weaker || to.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
      throw new IOException("it redirects to '" + location + "', which is not allowed");
    }
    return to;
  }

  private HttpResponse<InputStream> send(String method, URI uri, Map<String, String> headers)
      throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(patience.silence())
            .header("User-Agent", "llava4j")
            // length and range must be those of the file, not of a compressed response
            .header("Accept-Encoding", "identity")
            .method(method, HttpRequest.BodyPublishers.noBody());
    headers.forEach(request::header);
    if (isTheHub(uri)) {
      settings.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
    }
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private boolean isTheHub(URI uri) {
    URI hub = settings.endpoint();
    return hub.getScheme().equalsIgnoreCase(uri.getScheme())
        && hub.getHost().equalsIgnoreCase(uri.getHost())
        && port(hub) == port(uri);
  }

  private static int port(URI uri) {
    int standard = "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    return uri.getPort() == -1 ? standard : uri.getPort();
  }

  /// The response, if it is successful.
  private HttpResponse<InputStream> require(
      HttpResponse<InputStream> response, URI uri, String what) throws IOException {
    int status = response.statusCode();
    if (status == 200 || status == 206 || status == RANGE_NOT_SATISFIABLE) {
      return response;
    }
    response.body().close();
    switch (status) {
      case 408, 425, 429, 500, 502, 503, 504 ->
          throw new BusyException(
              settings.endpoint().getHost() + " answered HTTP " + status,
              response.headers().firstValue("retry-after").flatMap(HubHttp::retryAfter));
      default -> throw new HubRefusal(status, code(response), uri, what).sentence(settings);
    }
  }

  private static String code(HttpResponse<?> response) {
    return response.headers().firstValue("x-error-code").orElse("");
  }

  private static Optional<Duration> retryAfter(String value) {
    if (value.matches("\\d{1,6}")) {
      return Optional.of(Duration.ofSeconds(Long.parseLong(value)));
    }
    try {
      Duration until =
          Duration.between(
              ZonedDateTime.now(ZoneOffset.UTC),
              ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME));
      return Optional.of(until.isNegative() ? Duration.ZERO : until);
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
