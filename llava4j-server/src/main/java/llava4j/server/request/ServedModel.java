package llava4j.server.request;

import java.time.Instant;

/// A model under the name that clients use.
///
/// @param name without a tag
/// @param since when it is served
public record ServedModel(String name, Instant since) {
  private static final String LATEST = ":latest";

  /// Whether a request means this model; Ollama's `:latest` may stand behind the name.
  public boolean isMeant(String asked) {
    return asked.equals(name) || asked.equals(name + LATEST);
  }

  /// The name as Ollama writes it.
  public String tagged() {
    return name + LATEST;
  }
}
