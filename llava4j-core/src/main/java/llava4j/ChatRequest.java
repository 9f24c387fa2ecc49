package llava4j;

import java.util.List;
import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.generate.GenerationOptions;
import llava4j.image.RgbImage;

/// A conversation that the model is to continue.
///
/// @param messages alternating messages of user and assistant, from a first to a last user message
/// @param system the system prompt; empty for the template's
/// @param tenant who asks: what is kept of a request is found only by requests of the same tenant,
///   so that nobody can learn from the time of an answer what others have asked
public record ChatRequest(
    List<ChatMessage> messages, Optional<String> system, GenerationOptions options, String tenant) {

  public ChatRequest {
    messages = List.copyOf(messages);
    for (int i = 0; i < messages.size(); i++) {
      boolean isUser = messages.get(i) instanceof ChatMessage.User;
      if (isUser != (i % 2 == 0)) {
        throw new BadInputException(
            "message "
                + (i + 1)
                + " of the conversation is "
                + (isUser ? "the user's" : "the assistant's")
                + ", but user and assistant must alternate, beginning with the user");
      }
    }
    if (messages.size() % 2 == 0) {
      throw new BadInputException("a conversation must end with a user message");
    }
  }

  /// A request of the only tenant.
  public ChatRequest(
      List<ChatMessage> messages, Optional<String> system, GenerationOptions options) {
    this(messages, system, options, "");
  }

  /// One question about any number of images.
  public static ChatRequest of(List<RgbImage> images, String question) {
    return new ChatRequest(
        List.of(new ChatMessage.User(question, images)),
        Optional.empty(),
        GenerationOptions.greedy());
  }

  public ChatRequest withOptions(GenerationOptions other) {
    return new ChatRequest(messages, system, other, tenant);
  }

  public ChatRequest withSystem(String text) {
    return new ChatRequest(messages, Optional.of(text), options, tenant);
  }

  public ChatRequest withTenant(String other) {
    return new ChatRequest(messages, system, options, other);
  }
}
