package llava4j.checkpoint.hub;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.error.BadInputException;

/// A repository of a hub.
///
/// @param owner user or organisation
/// @param revision branch, tag or commit
public record HubReference(String owner, String repository, String revision) {
  private static final String PART = "[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?";
  private static final Pattern REFERENCE =
      Pattern.compile("(" + PART + ")/(" + PART + ")(?:@([A-Za-z0-9][A-Za-z0-9._/-]*))?");

  /// Reads `owner/name[@revision]`.
  public static HubReference parse(String text) {
    Matcher matcher = REFERENCE.matcher(text);
    if (!matcher.matches() || text.contains("..")) {
      throw new BadInputException(
          "'"
              + text
              + "' is no file or folder here and no model of a hub, which reads owner/name[@revision]");
    }
    String revision = matcher.group(3);
    return new HubReference(
        matcher.group(1), matcher.group(2), revision == null ? "main" : revision);
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
    return name() + "@" + revision;
  }
}
