package llava4j.langchain4j;

import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import java.nio.file.Path;
import java.util.List;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.error.BadInputException;
import llava4j.image.fetch.FetchPolicy;

/// What both kinds of model are built from: exactly one of [#model] and [#llava], and options.
public abstract sealed class LlavaBuilder<B extends LlavaBuilder<B>>
    permits LlavaChatModel.Builder, LlavaStreamingChatModel.Builder {
  private String model;
  private LoadOptions loadOptions = LoadOptions.defaults();
  private Answerer opened;
  private FetchPolicy fetchPolicy = FetchPolicy.withoutUrls();
  private ChatRequestParameters parameters = DefaultChatRequestParameters.EMPTY;
  private List<ChatModelListener> listeners = List.of();

  LlavaBuilder() {}

  abstract B self();

  /// A model folder or a `.gguf` file, or what the hub of the load options knows; loaded by
  /// `build`, and freed when the chat model is closed.
  public B model(String pathOrName) {
    model = pathOrName;
    return self();
  }

  /// A model folder or a `.gguf` file.
  public B model(Path path) {
    return model(path.toString());
  }

  /// How [#model] is loaded.
  public B loadOptions(LoadOptions options) {
    loadOptions = options;
    return self();
  }

  /// A loaded model. Several chat models can share it; who loaded it closes it.
  public B llava(Llava loaded) {
    return answerer(Answerer.of(loaded, false));
  }

  B answerer(Answerer other) {
    opened = other;
    return self();
  }

  /// Where images may come from; by default from the request itself, and not from addresses.
  public B fetchPolicy(FetchPolicy policy) {
    fetchPolicy = policy;
    return self();
  }

  /// What holds for requests that do not say otherwise; [LlavaChatRequestParameters] has all that
  /// LLaVA knows.
  public B defaultRequestParameters(ChatRequestParameters defaults) {
    parameters = defaults;
    return self();
  }

  public B listeners(List<ChatModelListener> all) {
    listeners = List.copyOf(all);
    return self();
  }

  public B listeners(ChatModelListener... all) {
    return listeners(List.of(all));
  }

  final List<ChatModelListener> listeners() {
    return listeners;
  }

  /// Loads the model, if it is none that was opened before.
  final Answerer answerer() {
    if ((model == null) == (opened == null)) {
      throw new BadInputException(
          model == null
              ? "there is no model; give the builder one with model(...) or llava(...)"
              : "there are two models; give the builder either model(...) or llava(...)");
    }
    Features.require(parameters);
    return opened == null ? Answerer.of(Llava.load(model, loadOptions), true) : opened;
  }

  final RequestReader reader(Answerer answerer) {
    return new RequestReader(answerer.name(), fetchPolicy);
  }

  final ChatRequestParameters parameters(Answerer answerer) {
    try {
      Features.requireModel(parameters, answerer.name());
      return LlavaChatRequestParameters.builder()
          .modelName(answerer.name())
          .overrideWith(parameters)
          .build();
    } catch (RuntimeException e) {
      answerer.close();
      throw e;
    }
  }
}
