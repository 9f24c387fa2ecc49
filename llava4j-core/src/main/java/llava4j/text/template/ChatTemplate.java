package llava4j.text.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import llava4j.error.BadInputException;
import llava4j.io.Sha256;
import llava4j.text.jinja.JinjaException;
import llava4j.text.jinja.JinjaTemplate;
import llava4j.text.tokenizer.Tokenizer;

/// A model folder's own chat template, rendered as in transformers (`apply_chat_template` with
/// `add_generation_prompt`).
///
/// The content of a message is a list of parts in some templates (those of processors) and a text
/// in others (those of tokenizers). The form is detected by rendering a question about an image in
/// each form.
public final class ChatTemplate implements PromptTemplate {
  private static final String PROBE = "probe-7f3a";

  /// Markers of turns in templates: `<|im_start|>`, `[INST]`, `<<SYS>>`, `<start_of_turn>`.
  private static final Pattern MARKER =
      Pattern.compile(
          "<\\|[^|<>\\s]{1,40}\\|>|\\[/?[A-Z][A-Z_]{1,30}\\]|<</?[A-Z]{2,10}>>|<[a-z]+(?:_[a-z]+)+>|</?s>");

  /// The form of a message's content.
  private enum Content {
    /// `[{"type": "image"}, {"type": "text", "text": ...}]`
    PARTS,
    /// one text that contains `<image>`
    TEXT,
    /// a list with one text that contains `<image>`
    TEXT_PART
  }

  private final JinjaTemplate template;
  private final String where;
  private final Map<String, String> specialTokens;
  private final String imageToken;
  private final Content content;
  private final String key;
  private final Set<String> markers;

  /// Parses a template.
  ///
  /// @param source the Jinja text
  /// @param where the model folder or file, for messages
  /// @param specialTokens the template's variables for special tokens, such as `bos_token`
  /// @param imageToken the template's text for an image; `<image>` for LLaVA
  /// @throws BadInputException if it has errors, or no place for an image
  public ChatTemplate(
      String source, String where, Map<String, String> specialTokens, String imageToken) {
    this.where = where;
    this.specialTokens = Map.copyOf(specialTokens);
    this.imageToken = imageToken;
    try {
      this.template = JinjaTemplate.parse(source);
    } catch (JinjaException e) {
      throw new BadInputException(
          where
              + ": its chat template is broken: "
              + e.getMessage()
              + "; correct it, or select a conversation template with --template",
          e);
    }
    this.markers =
        new LinkedHashSet<>(MARKER.matcher(source).results().map(MatchResult::group).toList());
    this.markers.remove(imageToken);
    this.markers.remove(Tokenizer.IMAGE_PLACEHOLDER);
    this.key = "chat_template " + fingerprint(source);
    this.content = probe();
  }

  /// `chat_template` and the first digits of the SHA-256 of its text, because answers depend on the
  /// text.
  @Override
  public String key() {
    return key;
  }

  @Override
  public String stopText() {
    return "";
  }

  @Override
  public String neutralised(String userText) {
    String safe = userText;
    for (String marker : markers) {
      safe = safe.replace(marker, marker.charAt(0) + " " + marker.substring(1));
    }
    return safe;
  }

  @Override
  public String prompt(Optional<String> system, List<String> messages) {
    List<Map<String, Object>> chat = new ArrayList<>();
    system.ifPresent(text -> chat.add(message("system", text, content)));
    for (int i = 0; i < messages.size(); i++) {
      chat.add(message(i % 2 == 0 ? "user" : "assistant", messages.get(i), content));
    }
    try {
      String prompt = render(chat);
      requireImages(prompt, messages);
      return prompt;
    } catch (JinjaException e) {
      throw new BadInputException(
          where
              + ": its chat template refuses the conversation: "
              + e.getMessage()
              + "; change the question, or select a conversation template with --template",
          e);
    }
  }

  private void requireImages(String prompt, List<String> messages) {
    int given = messages.stream().mapToInt(ChatTemplate::images).sum();
    if (images(prompt) != given) {
      throw new JinjaException(
          "it writes " + images(prompt) + " places for " + given + " image(s)");
    }
  }

  private String render(List<Map<String, Object>> chat) {
    Map<String, Object> variables = new LinkedHashMap<>(specialTokens);
    variables.put("messages", chat);
    variables.put("tools", null);
    variables.put("documents", null);
    variables.put("add_generation_prompt", true);
    String prompt = template.render(variables);
    return prompt.replace(imageToken, Tokenizer.IMAGE_PLACEHOLDER);
  }

  private static String fingerprint(String source) {
    return Sha256.of(source).substring(0, 8);
  }

  private Content probe() {
    List<String> problems = new ArrayList<>();
    for (Content form : Content.values()) {
      String question = Tokenizer.IMAGE_PLACEHOLDER + "\n" + PROBE;
      try {
        String prompt = render(List.of(message("user", question, form)));
        boolean isPrinted = prompt.contains("'type'") || prompt.contains("\"type\"");
        if (prompt.contains(PROBE) && images(prompt) == 1 && !isPrinted) {
          return form;
        }
      } catch (JinjaException e) {
        problems.add(e.getMessage());
      }
    }
    boolean everyFormFails = problems.size() == Content.values().length;
    throw new BadInputException(
        where
            + (everyFormFails
                ? ": its chat template cannot be rendered"
                : ": its chat template has no place for an image")
            + (problems.isEmpty() ? "" : " (" + problems.getFirst() + ")")
            + "; select a conversation template with --template");
  }

  private static int images(String text) {
    return text.split(Tokenizer.IMAGE_PLACEHOLDER, -1).length - 1;
  }

  private static Map<String, Object> message(String role, String text, Content form) {
    return Map.of(
        "role",
        role,
        "content",
        switch (form) {
          case TEXT -> text;
          case TEXT_PART -> List.of(Map.of("type", "text", "text", text));
          case PARTS -> parts(text);
        });
  }

  /// Images and texts in order. A line break between an image and its text is LLaVA's convention
  /// and not part of the text: templates write their own.
  private static List<Map<String, Object>> parts(String text) {
    List<Map<String, Object>> parts = new ArrayList<>();
    String[] texts = text.split(Tokenizer.IMAGE_PLACEHOLDER, -1);
    for (int i = 0; i < texts.length; i++) {
      if (i > 0) {
        parts.add(Map.of("type", "image"));
      }
      String part = texts[i];
      part = i > 0 && part.startsWith("\n") ? part.substring(1) : part;
      part =
          i < texts.length - 1 && part.endsWith("\n") ? part.substring(0, part.length() - 1) : part;
      if (!part.isEmpty() || texts.length == 1) {
        parts.add(Map.of("type", "text", "text", part));
      }
    }
    return parts;
  }
}
