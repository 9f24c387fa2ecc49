package llava4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import llava4j.generate.GenerationOptions;
import llava4j.generate.PromptCache;
import llava4j.generate.TextListener;
import llava4j.image.RgbImage;

/// A conversation with a KV cache. Each turn computes only its new tokens and images. Not
/// thread-safe.
public final class ChatSession implements AutoCloseable {
  private final Llava llava;
  private final PromptCache cache;
  private final List<ChatMessage> history = new ArrayList<>();
  private Optional<String> system = Optional.empty();
  private GenerationOptions options = GenerationOptions.greedy();

  ChatSession(Llava llava, PromptCache cache) {
    this.llava = llava;
    this.cache = cache;
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
        llava.answer(new ChatRequest(messages, system, options), cache, listener, cancelled);
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

  /// Number of tokens of earlier turns in the KV cache.
  public int cachedRows() {
    return cache.numRows();
  }

  /// Bytes of native memory of the KV cache.
  public long cacheBytes() {
    return cache.bytes();
  }

  @Override
  public void close() {
    cache.close();
  }
}
