package llava4j.spring.ai;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import java.nio.file.Path;
import java.util.function.Supplier;
import llava4j.AnswerThreads;
import llava4j.Cancellation;
import llava4j.ChatRequest;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.error.BadInputException;
import llava4j.generate.TextListener;
import llava4j.generate.TrimmedText;
import llava4j.image.fetch.FetchPolicy;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.observation.ChatModelObservationContext;
import org.springframework.ai.chat.observation.ChatModelObservationDocumentation;
import org.springframework.ai.chat.observation.DefaultChatModelObservationConvention;
import org.springframework.ai.chat.prompt.Prompt;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/// A loaded LLaVA as a chat model of Spring AI. Thread-safe; requests of all threads share the
/// steps of the model.
///
/// A prompt that LLaVA cannot carry (tools, audio, video, documents) or that is wrong, such as one
/// with a broken image, is a [BadInputException] of `call`, or the error of the stream. Cancelling
/// a stream ends the answer before its next token.
public final class LlavaChatModel implements ChatModel, AutoCloseable {
  private static final String PROVIDER = "llava4j";
  private static final DefaultChatModelObservationConvention CONVENTION =
      new DefaultChatModelObservationConvention();

  private final Supplier<Llava> llava;
  private final boolean owned;
  private final LlavaChatOptions defaults;
  private final PromptReader reader;
  private final ObservationRegistry observations;
  private final AnswerThreads threads = new AnswerThreads("llava4j-spring-ai");

  private LlavaChatModel(Builder builder) {
    if ((builder.model == null) == (builder.llava == null)) {
      throw new BadInputException(
          builder.model == null
              ? "there is no model; give the builder one with model(...) or llava(...)"
              : "there are two models; give the builder either model(...) or llava(...)");
    }
    this.owned = builder.llava == null;
    this.defaults = builder.defaults;
    this.reader = new PromptReader(builder.fetchPolicy);
    this.observations = builder.observations;
    if (owned) {
      Llava loaded = Llava.load(builder.model, builder.loadOptions);
      this.llava = () -> loaded;
    } else {
      this.llava = builder.llava;
    }
  }

  public static Builder builder() {
    return new Builder();
  }

  @Override
  public ChatResponse call(Prompt prompt) {
    Prompt whole = withDefaults(prompt);
    ChatModelObservationContext context = context(whole, false);
    return observation(context)
        .observe(() -> {
          ChatRequest request = reader.read(whole);
          Llava model = model(whole);
          ChatResponse response =
              Responses.whole(model.answer(request, TextListener.NONE, () -> false), model.name());
          context.setResponse(response);
          return response;
        });
  }

  /// Pieces of the text, and behind them a response without text that has the reason of the end and
  /// the usage.
  @Override
  public Flux<ChatResponse> stream(Prompt prompt) {
    return Flux.deferContextual(view -> {
      Prompt whole = withDefaults(prompt);
      ChatModelObservationContext context = context(whole, true);
      Observation observation =
          observation(context)
              .parentObservation(view.getOrDefault(ObservationThreadLocalAccessor.KEY, null))
              .start();
      return Flux.<ChatResponse>create(
              sink -> {
                Cancellation cancellation = new Cancellation();
                sink.onCancel(cancellation::cancel);
                threads.execute(() -> answer(whole, context, sink, cancellation));
              })
          .doOnError(observation::error)
          .doFinally(_ -> observation.stop())
          .contextWrite(inner -> inner.put(ObservationThreadLocalAccessor.KEY, observation));
    });
  }

  private void answer(
      Prompt prompt,
      ChatModelObservationContext context,
      FluxSink<ChatResponse> sink,
      Cancellation cancellation) {
    if (cancellation.getAsBoolean()) {
      return; // while it waited
    }
    try {
      ChatRequest request = reader.read(prompt);
      Llava model = model(prompt);
      TextListener pieces =
          new TrimmedText((_, text) -> sink.next(Responses.piece(text, model.name())));
      ChatResponse end = Responses.end(model.answer(request, pieces, cancellation), model.name());
      context.setResponse(end);
      sink.next(end);
      sink.complete();
    } catch (RuntimeException | Error e) {
      sink.error(e);
    }
  }

  /// The loaded model.
  ///
  /// @throws BadInputException if the prompt wants another one
  private Llava model(Prompt prompt) {
    Llava loaded = llava.get();
    String asked = prompt.getOptions() == null ? null : prompt.getOptions().getModel();
    if (asked != null && !asked.equals(loaded.name())) {
      throw new BadInputException(
          "there is no model '"
              + asked
              + "', the loaded one is '"
              + loaded.name()
              + "'; leave the model's name out of the options");
    }
    return loaded;
  }

  private Prompt withDefaults(Prompt prompt) {
    return new Prompt(
        prompt.getInstructions(), LlavaChatOptions.of(prompt.getOptions()).or(defaults));
  }

  private static ChatModelObservationContext context(Prompt prompt, boolean streaming) {
    return ChatModelObservationContext.builder()
        .prompt(prompt)
        .provider(PROVIDER)
        .streaming(streaming)
        .build();
  }

  private Observation observation(ChatModelObservationContext context) {
    return ChatModelObservationDocumentation.CHAT_MODEL_OPERATION.observation(
        null, CONVENTION, () -> context, observations);
  }

  /// What holds for prompts that do not say otherwise.
  @Override
  public LlavaChatOptions getOptions() {
    return defaults;
  }

  /// Refuses new streams, waits for those that were accepted, and frees the model, unless it was
  /// opened elsewhere.
  @Override
  public void close() {
    threads.close();
    if (owned) {
      llava.get().close();
    }
  }

  /// What a chat model is built from: exactly one of [#model] and [#llava], and options.
  public static final class Builder {
    private String model;
    private LoadOptions loadOptions = LoadOptions.defaults();
    private Supplier<Llava> llava;
    private FetchPolicy fetchPolicy = FetchPolicy.withoutUrls();
    private LlavaChatOptions defaults = LlavaChatOptions.builder().build();
    private ObservationRegistry observations = ObservationRegistry.NOOP;

    private Builder() {}

    /// A model folder or a `.gguf` file, or what the hub of the load options knows; loaded by
    /// `build`, and freed when the chat model is closed.
    public Builder model(String pathOrName) {
      model = pathOrName;
      return this;
    }

    /// A model folder or a `.gguf` file.
    public Builder model(Path path) {
      return model(path.toString());
    }

    /// How [#model] is loaded.
    public Builder loadOptions(LoadOptions options) {
      loadOptions = options;
      return this;
    }

    /// A loaded model. Several chat models can share it; who loaded it closes it.
    public Builder llava(Llava loaded) {
      return llava(() -> loaded);
    }

    /// A model that is loaded when the first prompt comes.
    ///
    /// @param loads called for each prompt; returns the same model each time
    public Builder llava(Supplier<Llava> loads) {
      llava = loads;
      return this;
    }

    /// Where images may come from; by default from the prompt itself, and not from addresses.
    public Builder fetchPolicy(FetchPolicy policy) {
      fetchPolicy = policy;
      return this;
    }

    /// What holds for prompts that do not say otherwise.
    public Builder options(LlavaChatOptions options) {
      defaults = options;
      return this;
    }

    /// Where each call is told: Spring AI's `gen_ai.client.operation`.
    public Builder observationRegistry(ObservationRegistry registry) {
      observations = registry;
      return this;
    }

    /// @throws BadInputException if the model cannot be loaded
    public LlavaChatModel build() {
      return new LlavaChatModel(this);
    }
  }
}
