package llava4j.server.engine;

import llava4j.Llava;
import llava4j.model.load.LoadProgress;
import llava4j.text.tokenizer.Tokenizer;

/// A model that can be loaded, and what is known of it before.
public interface ModelSource {

  /// The name that clients use.
  String name();

  Facts facts();

  /// Opens the tokenizer alone. The caller closes it if [#isOwned].
  Tokenizer tokenizer();

  /// Loads the model. It may be called again when that model is closed.
  ///
  /// @throws llava4j.error.BadInputException if it cannot be loaded
  Llava load(LoadProgress progress);

  /// Whether the models that it loads belong to the server, which closes them when it needs their
  /// memory.
  boolean isOwned();

  /// What the configuration says.
  ///
  /// @param contextLength the most tokens of prompt and answer
  /// @param dim the length of an embedding
  /// @param layers of the language model
  /// @param neededBytes without which it is not loaded
  /// @param mappedBytes those of them that the system counts as free
  record Facts(int contextLength, int dim, int layers, long neededBytes, long mappedBytes) {}
}
