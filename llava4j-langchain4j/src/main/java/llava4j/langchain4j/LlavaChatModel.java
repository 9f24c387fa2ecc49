package llava4j.langchain4j;

import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.List;
import java.util.Set;
import llava4j.error.BadInputException;
import llava4j.generate.TextListener;

/// A loaded LLaVA as a chat model of LangChain4j. Thread-safe; requests of all threads share the
/// steps of the model.
///
/// What it cannot carry (tools, audio, video, PDF) is an `UnsupportedFeatureException`; a request
/// that the model cannot answer, such as one with a broken image, is an `InvalidRequestException`.
public final class LlavaChatModel implements ChatModel, AutoCloseable {
  private final Answerer answerer;
  private final RequestReader reader;
  private final ChatRequestParameters defaults;
  private final List<ChatModelListener> listeners;

  private LlavaChatModel(Builder builder) {
    this.answerer = builder.answerer();
    this.reader = builder.reader(answerer);
    this.defaults = builder.parameters(answerer);
    this.listeners = builder.listeners();
  }

  public static Builder builder() {
    return new Builder();
  }

  @Override
  public ChatResponse doChat(ChatRequest request) {
    try {
      return Responses.of(
          answerer.answer(reader.read(request).get(), TextListener.NONE, () -> false),
          answerer.name());
    } catch (BadInputException e) {
      throw Responses.invalid(e);
    }
  }

  @Override
  public ChatRequestParameters defaultRequestParameters() {
    return defaults;
  }

  @Override
  public List<ChatModelListener> listeners() {
    return listeners;
  }

  @Override
  public Set<Capability> supportedCapabilities() {
    return Set.of(Capability.RESPONSE_FORMAT_JSON_SCHEMA);
  }

  /// Frees the model, unless it was opened elsewhere. Waits for running requests.
  @Override
  public void close() {
    answerer.close();
  }

  /// Where the model is, and what its requests have in common.
  public static final class Builder extends LlavaBuilder<Builder> {
    private Builder() {}

    @Override
    Builder self() {
      return this;
    }

    /// @throws BadInputException if the model cannot be loaded
    public LlavaChatModel build() {
      return new LlavaChatModel(this);
    }
  }
}
