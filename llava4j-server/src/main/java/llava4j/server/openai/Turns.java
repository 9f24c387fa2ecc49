package llava4j.server.openai;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llava4j.generate.GenerationOptions;
import llava4j.image.ImageSource;
import llava4j.server.engine.Question;
import llava4j.server.engine.Question.Turn;
import llava4j.server.request.Refusal;

/// The messages of a request, put together to a conversation: those of the system first, then user
/// and assistant in turns.
final class Turns {
  private final String field;
  private final Images images;
  private final List<String> system = new ArrayList<>();
  private final List<Turn> turns = new ArrayList<>();
  private int imageCount;

  /// @param field that the messages stand in
  Turns(String field, Images images) {
    this.field = field;
    this.images = images;
  }

  /// The content of a message.
  record Content(String text, List<ImageSource> images) {}

  /// A text of the system before all messages.
  void addSystem(String text) {
    system.add(text);
  }

  /// @param path of the message
  /// @throws Refusal if it has no place in the conversation
  void add(String role, Content content, String path) {
    imageCount += content.images().size();
    images.requireFew(imageCount, field);
    switch (role) {
      case "system", "developer" -> {
        if (!turns.isEmpty()) {
          throw Refusal.badField(
              path + ".role", path + " is of the system, but comes late; put it first");
        }
        system.add(content.text());
      }
      case "user" -> {
        requireAlternating(turns.size() % 2 == 0, path, "user");
        turns.add(new Turn.User(content.text(), content.images()));
      }
      case "assistant" -> {
        requireAlternating(turns.size() % 2 == 1, path, "assistant");
        turns.add(new Turn.Assistant(content.text()));
      }
      case "tool", "function" ->
          throw Refusal.badField(
              path + ".role", path + " is of a tool, and there are no tools; leave it out");
      default ->
          throw Refusal.badField(
              path + ".role", path + ".role must be system, user or assistant; correct it");
    }
  }

  /// The whole conversation.
  Question.Conversation question(GenerationOptions options) {
    if (turns.size() % 2 == 0) {
      throw Refusal.badField(
          field, "the last message must be of the user; add a question at the end");
    }
    Optional<String> all =
        system.isEmpty() ? Optional.empty() : Optional.of(String.join("\n", system));
    return new Question.Conversation(turns, all, options);
  }

  private static void requireAlternating(boolean right, String path, String role) {
    if (!right) {
      throw Refusal.badField(
          path + ".role",
          path
              + " is of the "
              + role
              + ", but user and assistant must take turns, the user first; join or reorder them");
    }
  }
}
