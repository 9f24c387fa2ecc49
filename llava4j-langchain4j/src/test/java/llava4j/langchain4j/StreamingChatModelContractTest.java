package llava4j.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.common.AbstractStreamingChatModelIT;
import dev.langchain4j.model.chat.common.ChatResponseAndStreamingMetadata;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.output.TokenUsage;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// LangChain4j's tests of every streaming chat model, against a scripted one.
class StreamingChatModelContractTest extends AbstractStreamingChatModelIT {
  private final ImageServer server = new ImageServer();

  @AfterAll
  void stop() {
    server.close();
  }

  private LlavaStreamingChatModel.Builder builder() {
    return LlavaStreamingChatModel.builder()
        .answerer(new ScriptedAnswerer())
        .fetchPolicy(ImageServer.POLICY);
  }

  @Override
  protected List<StreamingChatModel> models() {
    return List.of(builder().build()); // a new one each time: JUnit closes what it is given
  }

  @Override
  protected StreamingChatModel createModelWith(ChatRequestParameters parameters) {
    return builder().defaultRequestParameters(parameters).build();
  }

  @Override
  public StreamingChatModel createModelWith(ChatModelListener listener) {
    return builder().listeners(listener).build();
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
  protected Class<? extends TokenUsage> tokenUsageType(StreamingChatModel model) {
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

  /// It waits for half a minute that nothing more comes. [#aCancelledStreamIsSilent] is the same
  /// with less patience.
  @Override
  protected boolean supportsStreamingCancellation() {
    return false;
  }

  @Test
  void aCancelledStreamIsSilent() {
    AtomicInteger pieces = new AtomicInteger();
    ChatRequest request =
        ChatRequest.builder()
            .messages(UserMessage.from("Tell me a long story about animals"))
            .build();
    ChatResponseAndStreamingMetadata all =
        chat(
            builder().build(),
            request,
            handle -> {
              assertThat(handle.isCancelled()).isFalse();
              if (pieces.incrementAndGet() == 5) {
                handle.cancel();
                handle.cancel(); // makes no difference
                assertThat(handle.isCancelled()).isTrue();
              }
            },
            1,
            false);

    assertThat(all.chatResponse()).isNull();
    assertThat(all.streamingMetadata().timesOnPartialResponseWasCalled()).isEqualTo(5);
    assertThat(all.streamingMetadata().timesOnCompleteResponseWasCalled()).isZero();
  }
}
