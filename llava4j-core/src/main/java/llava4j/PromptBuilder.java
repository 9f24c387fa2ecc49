package llava4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import llava4j.error.BadInputException;
import llava4j.image.RgbImage;
import llava4j.text.ConversationTemplate;
import llava4j.text.PromptEncoder;
import llava4j.text.Tokenizer;

/// From a conversation to ids with image slots. What people typed cannot end a turn or claim a
/// picture.
final class PromptBuilder {
  private final ConversationTemplate template;
  private final Tokenizer tokenizer;
  private final PromptEncoder encoder;

  PromptBuilder(ConversationTemplate template, Tokenizer tokenizer, boolean addBos) {
    this.template = template;
    this.tokenizer = tokenizer;
    this.encoder = new PromptEncoder(tokenizer, addBos);
  }

  ConversationTemplate template() {
    return template;
  }

  /// The prompt as text.
  String render(ChatRequest request) {
    List<String> texts = new ArrayList<>();
    for (ChatMessage message : request.messages()) {
      texts.add(
          switch (message) {
            case ChatMessage.User user -> place(user);
            case ChatMessage.Assistant assistant -> safe(assistant.text());
          });
    }
    texts.add(null);
    return request
        .system()
        .map(system -> template.render(safe(system), texts))
        .orElseGet(() -> template.render(texts));
  }

  /// Ids with a slot per picture.
  int[] encode(ChatRequest request) {
    return encoder.encode(render(request));
  }

  /// All pictures of a conversation, in the order of their slots.
  static List<RgbImage> images(ChatRequest request) {
    List<RgbImage> images = new ArrayList<>();
    for (ChatMessage message : request.messages()) {
      if (message instanceof ChatMessage.User user) {
        images.addAll(user.images());
      }
    }
    return images;
  }

  /// Words that can neither end a turn nor begin one.
  private String safe(String words) {
    return template.neutralised(tokenizer.neutralised(words));
  }

  private String place(ChatMessage.User user) {
    if (user.images().isEmpty()) {
      return safe(user.text());
    }
    String placed = PromptEncoder.place(user.text(), user.images().size());
    if (placed == null) {
      throw new BadInputException(
          "the question names <image> "
              + (user.text().split(PromptEncoder.IMAGE_PLACEHOLDER, -1).length - 1)
              + " time(s) but comes with "
              + user.images().size()
              + " picture(s); name each picture once or none at all");
    }
    return Arrays.stream(placed.split(PromptEncoder.IMAGE_PLACEHOLDER, -1))
        .map(this::safe)
        .collect(Collectors.joining(PromptEncoder.IMAGE_PLACEHOLDER));
  }
}
