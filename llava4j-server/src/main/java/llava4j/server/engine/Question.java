package llava4j.server.engine;

import java.util.List;
import java.util.Optional;
import llava4j.generate.GenerationOptions;
import llava4j.image.ImageSource;

/// What the model is asked.
public sealed interface Question {

  GenerationOptions options();

  /// The next turn of a conversation.
  ///
  /// @param turns alternating, from a first to a last one of the user
  /// @param system the system prompt; empty for the template's
  record Conversation(List<Turn> turns, Optional<String> system, GenerationOptions options)
      implements Question {
    public Conversation {
      turns = List.copyOf(turns);
    }
  }

  /// A text to continue as it stands.
  record Text(String text, GenerationOptions options) implements Question {}

  /// One turn, with images that nobody has decoded yet.
  sealed interface Turn {
    record User(String text, List<ImageSource> images) implements Turn {
      public User {
        images = List.copyOf(images);
      }
    }

    record Assistant(String text) implements Turn {}
  }
}
