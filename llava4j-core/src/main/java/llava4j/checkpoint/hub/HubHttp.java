package llava4j.checkpoint.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import llava4j.error.BadInputException;

/// Requests to a hub: redirects followed by hand, so that the token goes to no other host; passing
/// faults repeated.
final class HubHttp {
  private static final int MAX_TRIES = 5;
  private static final int MAX_REDIRECTS = 5;
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

  private final HubSettings settings;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(Duration.ofSeconds(20))
          .build();

  HubHttp(HubSettings settings) {
    this.settings = settings;
  }

  /// A successful answer (200 or 206), after as many tries as it takes.
  ///
  /// @param what is asked for, for messages
  HttpResponse<InputStream> get(
      URI uri, Map<String, String> headers, String what, Consumer<String> notes) {
    for (int attempt = 1; ; attempt++) {
      String problem;
      Duration pause = settings.retryDelay().multipliedBy(1L << (attempt - 1));
      try {
        HttpResponse<InputStream> response = follow("GET", uri, headers);
        if (response.statusCode() == 200 || response.statusCode() == 206) {
          return response;
        }
        response.body().close();
        pause = retryAfter(response).orElse(pause);
        problem = requirePassing(response.statusCode(), uri, what);
      } catch (IOException e) {
        problem = "the connection to " + uri.getHost() + " failed (" + message(e) + ")";
      }
      if (attempt == MAX_TRIES || pause.compareTo(LONGEST_PAUSE) > 0) {
        throw new BadInputException(
            what
                + " cannot be fetched after "
                + attempt
                + " tries: "
                + problem
                + "; try again later, what was fetched is kept");
      }
      notes.accept(problem + "; trying again in " + pause.toMillis() / 1000.0 + " s");
      sleep(pause);
    }
  }

  /// Asks for size and etag of a file whose listing had none.
  HubFile describe(URI uri, HubFile file, String what, Consumer<String> notes) {
    for (int attempt = 1; ; attempt++) {
      try {
        HttpResponse<InputStream> response = send("HEAD", uri, Map.of());
        response.body().close();
        if (response.statusCode() < 400) {
          Optional<String> linked = response.headers().firstValue("x-linked-etag");
          String etag =
              linked
                  .or(() -> response.headers().firstValue("etag"))
                  .orElse("")
                  .replaceAll("^W/|\"", "");
          long size =
              response
                  .headers()
                  .firstValue("x-linked-size")
                  .map(Long::parseLong)
                  .orElse(response.headers().firstValueAsLong("content-length").orElse(-1));
          if (!etag.matches("[A-Za-z0-9._-]{1,128}")) {
            throw new BadInputException(
                uri + " does not answer like a hub: it names no etag; check HF_ENDPOINT");
          }
          Optional<String> sha256 = Optional.of(etag).filter(text -> text.matches("[0-9a-f]{64}"));
          return new HubFile(file.path(), size, etag, sha256);
        }
        requirePassing(response.statusCode(), uri, what);
      } catch (IOException e) {
        notes.accept("the connection to " + uri.getHost() + " failed (" + message(e) + ")");
      }
      if (attempt == MAX_TRIES) {
        throw new BadInputException(
            what + " cannot be fetched: " + uri + " does not answer; try again later");
      }
      sleep(settings.retryDelay().multipliedBy(1L << (attempt - 1)));
    }
  }

  void sleep(Duration pause) {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  Duration retryDelay() {
    return settings.retryDelay();
  }

  static BadInputException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new BadInputException("the download was interrupted; run it again to go on", e);
  }

  static String message(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private HttpResponse<InputStream> follow(String method, URI start, Map<String, String> headers)
      throws IOException {
    URI uri = start;
    for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      HttpResponse<InputStream> response = send(method, uri, headers);
      Optional<String> location = response.headers().firstValue("location");
      if (response.statusCode() / 100 != 3 || location.isEmpty()) {
        return response;
      }
      response.body().close();
      uri = uri.resolve(location.get());
    }
    throw new IOException("more than " + MAX_REDIRECTS + " redirects");
  }

  private HttpResponse<InputStream> send(String method, URI uri, Map<String, String> headers)
      throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(Duration.ofSeconds(60))
            .header("User-Agent", "llava4j")
            .method(method, HttpRequest.BodyPublishers.noBody());
    headers.forEach(request::header);
    boolean own = uri.getAuthority().equals(settings.endpoint().getAuthority());
    if (own) {
      settings.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
    }
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /// Fails for good on answers that a repetition would not change.
  ///
  /// @return what happened, for those that it may
  private String requirePassing(int status, URI uri, String what) {
    switch (status) {
      case 401, 403 ->
          throw new BadInputException(
              what
                  + " needs permission (HTTP "
                  + status
                  + "): "
                  + (settings.token().isPresent()
                      ? "the token in HF_TOKEN is not accepted, or the model's licence was not agreed to on its page"
                      : "set HF_TOKEN to an access token of the hub"));
      case 404 ->
          throw new BadInputException(
              what
                  + " does not exist at "
                  + settings.endpoint()
                  + " (HTTP 404 for "
                  + uri.getPath()
                  + "); check owner, name and revision");
      case 408, 425, 429, 500, 502, 503, 504 -> {
        return settings.endpoint().getHost() + " answered HTTP " + status;
      }
      default ->
          throw new BadInputException(what + " cannot be fetched: HTTP " + status + " from " + uri);
    }
  }

  private static Optional<Duration> retryAfter(HttpResponse<?> response) {
    return response.headers().firstValue("retry-after").map(HubHttp::parseRetryAfter);
  }

  private static Duration parseRetryAfter(String value) {
    if (value.matches("\\d{1,6}")) {
      return Duration.ofSeconds(Long.parseLong(value));
    }
    try {
      Duration until =
          Duration.between(
              ZonedDateTime.now(java.time.ZoneOffset.UTC),
              ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME));
      return until.isNegative() ? Duration.ZERO : until;
    } catch (DateTimeParseException e) {
      return Duration.ofSeconds(1);
    }
  }
}
