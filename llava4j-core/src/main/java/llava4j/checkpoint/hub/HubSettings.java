package llava4j.checkpoint.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import llava4j.error.BadInputException;

/// The hub and the cache.
///
/// @param endpoint address of the hub, without a slash at the end
/// @param token access token; sent only to this endpoint
/// @param cache folder with one `models--owner--name` for each repository
/// @param offline whether the network is not used
/// @param retryDelay first pause before a failed request is repeated; doubles each time
public record HubSettings(
    URI endpoint, Optional<String> token, Path cache, boolean offline, Duration retryDelay) {

  private static final Set<String> YES = Set.of("1", "true", "yes", "on");

  /// The token is sent in a header, where a line break would start another header.
  public HubSettings {
    if (token.stream().anyMatch(text -> !text.matches("[\\x21-\\x7e]+"))) {
      throw new BadInputException(
          "the hub's token contains blanks, line breaks or non-ASCII characters; copy it again into"
              + " HF_TOKEN or the token file");
    }
  }

  /// Reads the environment variables of the Python tools: HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH,
  /// HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE and their older names.
  public static HubSettings fromEnvironment(Map<String, String> environment) {
    String endpoint =
        environment.getOrDefault("HF_ENDPOINT", "https://huggingface.co").replaceAll("/+$", "");
    URI uri;
    try {
      uri = URI.create(endpoint);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(
          "HF_ENDPOINT is '" + endpoint + "', which is not a valid address", e);
    }
    if (uri.getHost() == null
        || uri.getUserInfo() != null
        || !(endpoint.startsWith("http://") || endpoint.startsWith("https://"))) {
      throw new BadInputException(
          "HF_ENDPOINT is '"
              + endpoint
              + "'; it must be an http or https address without a user name");
    }
    Path home = home(environment);
    Path cache =
        first(environment, "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")
            .map(text -> path(text, environment))
            .orElse(home.resolve("hub"));
    boolean offline =
        Stream.of("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
            .flatMap(name -> first(environment, name).stream())
            .anyMatch(value -> YES.contains(value.toLowerCase(Locale.ROOT)));
    return new HubSettings(uri, token(environment, home), cache, offline, Duration.ofSeconds(1));
  }

  public HubSettings asOffline() {
    return new HubSettings(endpoint, token, cache, true, retryDelay);
  }

  /// Never shows the token.
  @Override
  public String toString() {
    return "HubSettings[endpoint="
        + endpoint
        + ", token="
        + (token.isPresent() ? "set" : "none")
        + ", cache="
        + cache
        + ", offline="
        + offline
        + "]";
  }

  private static String userHome(Map<String, String> environment) {
    return environment.getOrDefault("HOME", System.getProperty("user.home"));
  }

  /// A path in a variable; `~` at the start is the user's home, as in Python.
  private static Path path(String text, Map<String, String> environment) {
    boolean atHome = text.equals("~") || text.startsWith("~/");
    return Path.of(atHome ? userHome(environment) + text.substring(1) : text);
  }

  private static Path home(Map<String, String> environment) {
    return first(environment, "HF_HOME")
        .map(text -> path(text, environment))
        .orElseGet(() ->
            first(environment, "XDG_CACHE_HOME")
                .map(text -> path(text, environment))
                .orElse(Path.of(userHome(environment), ".cache"))
                .resolve("huggingface"));
  }

  private static Optional<String> token(Map<String, String> environment, Path home) {
    Optional<String> given = first(environment, "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN");
    if (given.isPresent()) {
      return given;
    }
    Path file =
        first(environment, "HF_TOKEN_PATH")
            .map(text -> path(text, environment))
            .orElse(home.resolve("token"));
    try {
      return Files.isRegularFile(file)
          ? Optional.of(Files.readString(file).strip()).filter(text -> !text.isEmpty())
          : Optional.empty();
    } catch (IOException e) {
      throw new BadInputException(
          "the token file " + file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static Optional<String> first(Map<String, String> environment, String... names) {
    for (String name : names) {
      String value = environment.get(name);
      if (value != null && !value.isBlank()) {
        return Optional.of(value.strip());
      }
    }
    return Optional.empty();
  }
}
