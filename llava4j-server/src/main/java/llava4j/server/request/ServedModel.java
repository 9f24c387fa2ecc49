package llava4j.server.request;

import java.time.Instant;
import java.util.Optional;

/// The model under the name that clients use.
///
/// @param name without a tag
/// @param loaded when it was loaded
public record ServedModel(String name, Instant loaded) {
  private static final String LATEST = ":latest";

  /// Checks the `model` of a request. Without one, the only model is meant; Ollama's `:latest` may
  /// stand behind it.
  ///
  /// @throws Refusal if another one is meant
  public void require(Optional<String> asked) {
    if (asked.isPresent() && !isMeant(asked.get())) {
      String shown = asked.get().length() > 100 ? asked.get().substring(0, 100) : asked.get();
      throw Refusal.notFound(
              "model", "there is no model '" + shown + "' here; ask for '" + name + "'")
          .withCode("model_not_found");
    }
  }

  private boolean isMeant(String asked) {
    return asked.equals(name) || asked.equals(name + LATEST);
  }

  /// The name as Ollama writes it.
  public String tagged() {
    return name + LATEST;
  }
}
