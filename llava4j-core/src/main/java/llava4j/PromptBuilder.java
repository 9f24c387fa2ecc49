package llava4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import llava4j.error.BadInputException;
import llava4j.image.RgbImage;
import llava4j.text.PromptConventions;
import llava4j.text.PromptEncoder;
import llava4j.text.template.ChatTemplate;
import llava4j.text.template.ConversationTemplate;
import llava4j.text.template.PromptTemplate;
import llava4j.text.tokenizer.Tokenizer;

/// Converts a conversation to token ids with image slots. Text of the user can neither end a turn
/// nor act as an image placeholder.
final class PromptBuilder {
  private final PromptTemplate template;
  private final PromptConventions conventions;
  private final Tokenizer tokenizer;
  private final PromptEncoder encoder;

  PromptBuilder(
      PromptTemplate template, PromptConventions conventions, Tokenizer tokenizer, boolean addBos) {
    this.template = template;
    this.conventions = conventions;
    this.tokenizer = tokenizer;
    this.encoder = new PromptEncoder(tokenizer, addBos);
  }

  PromptTemplate template() {
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
    return conventions.marked(template.prompt(request.system().map(this::safe), texts));
  }

  /// The token ids, with one slot per image.
  int[] encode(ChatRequest request) {
    String prompt = render(request);
    return switch (template) {
      case ConversationTemplate _ -> encoder.encode(prompt);
      case ChatTemplate _ -> encoder.encodeWhole(prompt);
    };
  }

  /// The token ids of a text that is not part of a conversation.
  int[] encodePlain(String text) {
    return encoder.encode(tokenizer.neutralised(text));
  }

  /// All images of a conversation, in the order of their slots.
  static List<RgbImage> images(ChatRequest request) {
    List<RgbImage> images = new ArrayList<>();
    for (ChatMessage message : request.messages()) {
      if (message instanceof ChatMessage.User user) {
        images.addAll(user.images());
      }
    }
    return images;
  }

  /// The user's text, changed so that it can neither end nor begin a turn.
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
              + (user.text().split(Tokenizer.IMAGE_PLACEHOLDER, -1).length - 1)
              + " time(s), but there are "
              + user.images().size()
              + " image(s); write it once for each image, or not at all");
    }
    return Arrays.stream(placed.split(Tokenizer.IMAGE_PLACEHOLDER, -1))
        .map(this::safe)
        .collect(Collectors.joining(Tokenizer.IMAGE_PLACEHOLDER));
  }
}
