package llava4j.text;

import java.util.ArrayList;
import java.util.List;
import llava4j.text.template.ConversationTemplate;
import llava4j.text.tokenizer.Tokenizer;

/// A conversation: a template and alternating messages of user and assistant, the user first.
///
/// @param system the system prompt; the template's own unless replaced
public record Conversation(ConversationTemplate template, String system, List<String> messages) {
  private static final String MMTAG_IMAGE = "<Image>" + Tokenizer.IMAGE_PLACEHOLDER + "</Image>";
  private static final String MMTAG_RECEIPT = "Received.";

  public Conversation {
    messages = List.copyOf(messages);
  }

  /// An empty conversation with the template's own system prompt.
  public static Conversation of(ConversationTemplate template) {
    return new Conversation(template, template.system(), List.of());
  }

  /// The conversation with an additional question.
  ///
  /// In templates with image tags, the images of the first question are in a separate message
  /// before it, which the assistant confirms; in other templates, they are in the question.
  ///
  /// @throws IllegalStateException if the last question has no answer yet
  public Conversation ask(ImagePrompt question) {
    if (isOpen()) {
      throw new IllegalStateException("the last question has no answer yet");
    }
    List<String> longer = new ArrayList<>(messages);
    if (messages.isEmpty() && template.tagsImages() && question.numImages() > 0) {
      longer.add(MMTAG_IMAGE.repeat(question.numImages()));
      longer.add(MMTAG_RECEIPT);
      longer.add(question.text().replace(Tokenizer.IMAGE_PLACEHOLDER, "").strip());
    } else {
      longer.add(question.text());
    }
    return new Conversation(template, system, longer);
  }

  /// The conversation with an answer to its last question.
  ///
  /// @throws IllegalStateException if there is no question to answer
  public Conversation answer(String text) {
    if (!isOpen()) {
      throw new IllegalStateException("there is no question to answer");
    }
    List<String> longer = new ArrayList<>(messages);
    longer.add(text);
    return new Conversation(template, system, longer);
  }

  /// Whether the last message is a question, so that the prompt ends where the answer starts.
  public boolean isOpen() {
    return messages.size() % 2 == 1;
  }

  /// The rendered text; after a question, it ends where the answer starts.
  public String prompt() {
    List<String> rendered = new ArrayList<>(messages);
    if (isOpen()) {
      rendered.add(null);
    }
    return template.render(system, rendered);
  }
}
