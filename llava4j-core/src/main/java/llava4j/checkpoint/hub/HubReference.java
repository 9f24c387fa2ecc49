package llava4j.checkpoint.hub;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.error.BadInputException;

/// A repository of a hub.
///
/// @param owner user or organisation
/// @param revision branch, tag or commit
/// @param quantisation selects one of several GGUF files, such as `Q4_K_M`
public record HubReference(
    String owner, String repository, String revision, Optional<String> quantisation) {
  private static final String PART = "[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_-])?";
  private static final Pattern NAME = Pattern.compile(PART);
  private static final Pattern QUANTISATION = Pattern.compile("[A-Za-z0-9_]{1,32}");
  private static final Pattern REVISION =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+-]*(?:/[A-Za-z0-9_][A-Za-z0-9._+-]*)*");
  private static final Pattern REFERENCE =
      Pattern.compile("(?<owner>[^/:@]*)/(?<name>[^/:@]*)(?::(?<kind>[^@]*))?(?:@(?<at>.*))?");

  /// Checks every part, because the parts are used in folder names and addresses.
  public HubReference {
    boolean sound =
        NAME.matcher(owner).matches()
            && NAME.matcher(repository).matches()
            && REVISION.matcher(revision).matches()
            && quantisation.stream().allMatch(kind -> QUANTISATION.matcher(kind).matches());
    // the hubs forbid '--' because the cache's folder names use it as their separator
    String name = owner + "/" + repository;
    if (!sound || (name + "@" + revision).contains("..") || name.contains("--")) {
      throw noReference(name + quantisation.map(kind -> ":" + kind).orElse("") + "@" + revision);
    }
  }

  /// Reads `owner/name[:quantisation][@revision]`.
  public static HubReference parse(String text) {
    Matcher matcher = REFERENCE.matcher(text);
    if (!matcher.matches()) {
      throw noReference(text);
    }
    String revision = matcher.group("at");
    try {
      return new HubReference(
          matcher.group("owner"),
          matcher.group("name"),
          revision == null ? "main" : revision,
          Optional.ofNullable(matcher.group("kind")));
    } catch (BadInputException e) {
      throw noReference(text); // as it was typed, without the revision that it does not name
    }
  }

  /// Empty if a file or folder with this name exists, because local files have priority over the
  /// hub.
  public static Optional<HubReference> parseUnlessLocal(String text) {
    return text.indexOf('\0') < 0 && Files.exists(Path.of(text))
        ? Optional.empty()
        : Optional.of(parse(text));
  }

  /// `owner/name`
  public String name() {
    return owner + "/" + repository;
  }

  /// The repository's folder in the cache.
  String cacheFolder() {
    return "models--" + owner + "--" + repository;
  }

  @Override
  public String toString() {
    return name() + quantisation.map(kind -> ":" + kind).orElse("") + "@" + revision;
  }

  private static BadInputException noReference(String text) {
    return new BadInputException(
        "'"
            + text.replaceAll("\\p{Cntrl}", "?")
            + "' is neither a file or folder here nor a hub model, which has the form"
            + " owner/name[:quantisation][@revision]");
  }
}
