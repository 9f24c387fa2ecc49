package llava4j.langchain4j;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.common.AbstractChatModelIT;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.output.TokenUsage;
import java.util.List;
import org.junit.jupiter.api.AfterAll;

/// LangChain4j's tests of every chat model, against a scripted one.
class ChatModelContractTest extends AbstractChatModelIT {
  private final ImageServer server = new ImageServer();

  @AfterAll
  void stop() {
    server.close();
  }

  private LlavaChatModel.Builder builder() {
    return LlavaChatModel.builder()
        .answerer(new ScriptedAnswerer())
        .fetchPolicy(ImageServer.POLICY);
  }

  @Override
  protected List<ChatModel> models() {
    return List.of(builder().build()); // a new one each time: JUnit closes what it is given
  }

  @Override
  protected ChatModel createModelWith(ChatRequestParameters parameters) {
    return builder().defaultRequestParameters(parameters).build();
  }

  @Override
  protected ChatRequestParameters createIntegrationSpecificParameters(int maxOutputTokens) {
    return LlavaChatRequestParameters.builder().maxOutputTokens(maxOutputTokens).build();
  }

  @Override
  protected String catImageUrl() {
    return server.address("cat");
  }

  @Override
  protected String diceImageUrl() {
    return server.address("dice");
  }

  @Override
  protected Class<? extends TokenUsage> tokenUsageType(ChatModel model) {
    return LlavaTokenUsage.class;
  }

  /// One loaded model has one name.
  @Override
  protected boolean supportsModelNameParameter() {
    return false;
  }

  /// LLaVA-1.5 was not trained to call tools.
  @Override
  protected boolean supportsTools() {
    return false;
  }

  /// As without it.
  @Override
  protected boolean supportsToolChoiceRequired() {
    return false;
  }
}
