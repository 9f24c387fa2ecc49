package llava4j.spring.ai;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;

class LlavaChatOptionsTest {
  private final LlavaChatOptions all =
      LlavaChatOptions.builder()
          .model("tiny")
          .maxTokens(5)
          .temperature(0.5)
          .topK(6)
          .topP(0.7)
          .frequencyPenalty(0.0)
          .presencePenalty(0.0)
          .stopSequences(List.of("."))
          .outputSchema("{}")
          .seed(8L)
          .minP(0.1)
          .repetitionPenalty(1.2)
          .build();

  @Test
  void aCopyIsEqual() {
    assertThat(all.mutate().build()).isEqualTo(all).hasSameHashCodeAs(all);
    assertThat(all.mutate().seed(9L).build()).isNotEqualTo(all);
    assertThat(all.mutate().clone().build()).isEqualTo(all);
  }

  @Test
  void whatIsNotSetIsTheDefault() {
    LlavaChatOptions few =
        LlavaChatOptions.builder().temperature(0.9).stopSequences(List.of("!")).build();

    assertThat(few.or(all))
        .isEqualTo(all.mutate().temperature(0.9).stopSequences(List.of("!")).build());
    assertThat(LlavaChatOptions.of(null).or(all)).isEqualTo(all);
  }

  @Test
  void optionsOfOtherKindsAreRead() {
    assertThat(LlavaChatOptions.of(ChatOptions.builder().maxTokens(3).topK(2).build()))
        .isEqualTo(LlavaChatOptions.builder().maxTokens(3).topK(2).build());
    assertThat(
            LlavaChatOptions.of(StructuredOutputChatOptions.builder().outputSchema("{}").build()))
        .isEqualTo(LlavaChatOptions.builder().outputSchema("{}").build());
  }

  /// What `ChatClient` does with the options of a call.
  @Test
  void optionsOfACallComeOverTheModels() {
    assertThat(
            all.mutate()
                .combineWith(LlavaChatOptions.builder().seed(1L).minP(0.2).repetitionPenalty(1.0))
                .combineWith(StructuredOutputChatOptions.builder().outputSchema("true"))
                .combineWith(ChatOptions.builder().maxTokens(2))
                .build())
        .isEqualTo(
            all.mutate()
                .seed(1L)
                .minP(0.2)
                .repetitionPenalty(1.0)
                .outputSchema("true")
                .maxTokens(2)
                .build());
  }
}
