package llava4j.langchain4j;

import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.common.AbstractChatModelListenerIT;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;

/// LangChain4j's tests of what listeners of a chat model hear.
class ListenerContractTest extends AbstractChatModelListenerIT {

  @Override
  protected ChatModel createModel(ChatModelListener listener) {
    return LlavaChatModel.builder()
        .answerer(new ScriptedAnswerer())
        .defaultRequestParameters(
            ChatRequestParameters.builder()
                .temperature(temperature())
                .topP(topP())
                .maxOutputTokens(maxTokens())
                .build())
        .listeners(listener)
        .build();
  }

  @Override
  protected String modelName() {
    return "scripted";
  }

  /// The scripted model fails at what the test says then.
  @Override
  protected ChatModel createFailingModel(ChatModelListener listener) {
    return createModel(listener);
  }

  @Override
  protected Class<? extends Exception> expectedExceptionClass() {
    return InvalidRequestException.class;
  }

  /// LLaVA-1.5 was not trained to call tools.
  @Override
  protected boolean supportsTools() {
    return false;
  }
}
