package llava4j.langchain4j;

import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import llava4j.AnswerThreads;
import llava4j.error.BadInputException;

/// A loaded LLaVA as a streaming chat model of LangChain4j. Thread-safe; up to 16 answers are
/// generated at a time, and share the steps of the model; others wait.
///
/// A handler is called on one thread of this model. A request that uses what LLaVA cannot carry is
/// refused by `chat` itself; every later failure reaches the handler's `onError`. After
/// `StreamingHandle.cancel` the handler is not called any more.
public final class LlavaStreamingChatModel implements StreamingChatModel, AutoCloseable {
  private final Answerer answerer;
  private final RequestReader reader;
  private final ChatRequestParameters defaults;
  private final List<ChatModelListener> listeners;
  private final AnswerThreads threads = new AnswerThreads("llava4j-langchain4j");

  private LlavaStreamingChatModel(Builder builder) {
    this.answerer = builder.answerer();
    this.reader = builder.reader(answerer);
    this.defaults = builder.parameters(answerer);
    this.listeners = builder.listeners();
  }

  public static Builder builder() {
    return new Builder();
  }

  @Override
  public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
    Supplier<llava4j.ChatRequest> read;
    try {
      read = reader.read(request);
    } catch (BadInputException e) {
      throw Responses.invalid(e);
    }
    threads.execute(new Stream(answerer, read, handler));
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

  /// Refuses new requests, waits for those that were accepted, and frees the model, unless it was
  /// opened elsewhere.
  @Override
  public void close() {
    threads.close();
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
    public LlavaStreamingChatModel build() {
      return new LlavaStreamingChatModel(this);
    }
  }
}
