package llava4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import llava4j.generate.GenerationOptions;
import llava4j.generate.TextListener;
import llava4j.image.RgbImage;

/// A conversation. Each turn computes only its new tokens and images, as long as the model's KV
/// cache has room for the earlier ones. It has no memory to free. Not thread-safe.
public final class ChatSession {
  private final Llava llava;
  private final List<ChatMessage> history = new ArrayList<>();
  private Optional<String> system = Optional.empty();
  private GenerationOptions options = GenerationOptions.greedy();

  ChatSession(Llava llava) {
    this.llava = llava;
  }

  /// Sends a message and returns the answer.
  public ChatResponse say(String text) {
    return say(text, List.of());
  }

  /// Sends a message with new images.
  public ChatResponse say(String text, List<RgbImage> images) {
    return say(text, images, TextListener.NONE, () -> false);
  }

  /// Sends a message and streams the answer. If a turn fails, the conversation stays unchanged.
  public ChatResponse say(
      String text, List<RgbImage> images, TextListener listener, BooleanSupplier cancelled) {
    List<ChatMessage> messages = new ArrayList<>(history);
    messages.add(new ChatMessage.User(text, images));
    ChatResponse response =
        llava.answer(new ChatRequest(messages, system, options), listener, cancelled);
    history.clear();
    history.addAll(messages);
    history.add(new ChatMessage.Assistant(response.text()));
    return response;
  }

  /// All turns so far.
  public List<ChatMessage> history() {
    return List.copyOf(history);
  }

  /// Replaces the template's system prompt from the next turn on; empty restores it.
  public void setSystem(Optional<String> text) {
    system = text;
  }

  public void setOptions(GenerationOptions other) {
    options = other;
  }

  public GenerationOptions options() {
    return options;
  }

  /// Forgets all turns.
  public void reset() {
    history.clear();
  }
}
