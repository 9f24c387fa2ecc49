package llava4j.spring.ai;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import llava4j.ChatMessage;
import llava4j.ChatRequest;
import llava4j.error.BadInputException;
import llava4j.generate.Decoding;
import llava4j.generate.GenerationOptions;
import llava4j.generate.JsonForms;
import llava4j.image.RgbImage;
import llava4j.image.fetch.FetchPolicy;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.Prompt;

/// Prompts of Spring AI as the model's requests. Nothing that a prompt has is passed over in
/// silence. The images of a message come before its text, as in LLaVA's training. Thread-safe.
final class PromptReader {
  private final MediaReader media;
  private final JsonForms forms = new JsonForms();

  PromptReader(FetchPolicy policy) {
    this.media = new MediaReader(policy);
  }

  /// @param prompt its options are [LlavaChatOptions]
  /// @throws BadInputException if LLaVA cannot carry it, or it is wrong
  ChatRequest read(Prompt prompt) {
    GenerationOptions options = options((LlavaChatOptions) prompt.getOptions());
    List<String> system = new ArrayList<>();
    List<ChatMessage> turns = new ArrayList<>();
    for (Message message : prompt.getInstructions()) {
      switch (message) {
        case SystemMessage one -> {
          if (!turns.isEmpty()) {
            throw new BadInputException(
                "a system message stands behind others of the prompt; put it first");
          }
          system.add(text(one));
        }
        case UserMessage user -> turns.add(user(user));
        case AssistantMessage answer -> turns.add(assistant(answer));
        default ->
            throw new BadInputException(
                "a message of type "
                    + message.getMessageType().getValue()
                    + " is not supported: LLaVA-1.5 knows those of system, user and assistant;"
                    + " leave it out");
      }
    }
    return new ChatRequest(
        turns,
        system.isEmpty() ? Optional.empty() : Optional.of(String.join("\n", system)),
        options);
  }

  private static String text(Message message) {
    return message.getText() == null ? "" : message.getText();
  }

  private ChatMessage user(UserMessage message) {
    List<RgbImage> images = message.getMedia().stream().map(media::read).toList();
    return new ChatMessage.User(text(message), images);
  }

  private static ChatMessage assistant(AssistantMessage message) {
    if (message.hasToolCalls()) {
      throw new BadInputException(
          "a tool call is not supported: LLaVA-1.5 calls no tools; leave the message out");
    }
    if (!message.getMedia().isEmpty()) {
      throw new BadInputException(
          "media of the assistant are not supported; let the user send the image");
    }
    return new ChatMessage.Assistant(text(message));
  }

  private GenerationOptions options(LlavaChatOptions asked) {
    if (asked.getToolCallbacks() != null && !asked.getToolCallbacks().isEmpty()) {
      throw new BadInputException("tools are not supported: LLaVA-1.5 calls none; leave them out");
    }
    if (asked.getToolContext() != null && !asked.getToolContext().isEmpty()) {
      throw new BadInputException(
          "a tool context is not supported: LLaVA-1.5 calls no tools; leave it out");
    }
    requireZero("frequencyPenalty", asked.getFrequencyPenalty());
    requireZero("presencePenalty", asked.getPresencePenalty());
    GenerationOptions options =
        GenerationOptions.greedy()
            .withDecoding(decoding(asked))
            .withRepetitionPenalty(or(asked.getRepetitionPenalty(), 1))
            .withStopStrings(
                asked.getStopSequences() == null ? List.of() : asked.getStopSequences(), false);
    if (asked.getMaxTokens() != null) {
      options = options.withMaxNewTokens(asked.getMaxTokens());
    }
    return asked.getOutputSchema() == null
        ? options
        : options.withConstraint(forms.ofSchema(asked.getOutputSchema()));
  }

  private static void requireZero(String name, Double value) {
    if (value != null && value != 0) {
      throw new BadInputException(
          name + " is not supported; set repetitionPenalty of LlavaChatOptions instead");
    }
  }

  /// Greedy unless a temperature says otherwise: at temperature 0 no filter has an effect.
  private static Decoding decoding(LlavaChatOptions asked) {
    double temperature = or(asked.getTemperature(), 0);
    return temperature == 0
        ? new Decoding.Greedy()
        : new Decoding.Sample(
            temperature,
            asked.getTopK() == null ? 0 : asked.getTopK(),
            or(asked.getTopP(), 1),
            or(asked.getMinP(), 0),
            asked.getSeed() == null ? ThreadLocalRandom.current().nextLong() : asked.getSeed());
  }

  private static double or(Double value, double other) {
    return value == null ? other : value;
  }
}
