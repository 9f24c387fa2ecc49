package llava4j.text.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import llava4j.error.BadInputException;

/// The conversation templates of the original code (`llava/conversation.py`), byte for byte, and
/// those of the language models in later LLaVAs (`llama3`, `phi3`, `chatml`, `mistral`), with the
/// same result as the models' own chat templates.
public enum ConversationTemplate implements PromptTemplate {
  /// LLaVA-1.5: stage 2 and all evaluations; the default.
  VICUNA_V1(Style.TWO, Texts.USER_SYSTEM, "USER", "ASSISTANT", " ", "</s>"),
  /// Like `VICUNA_V1` with "human" for "user"; the original command line uses it for names with
  /// "v1".
  LLAVA_V1(Style.TWO, Texts.HUMAN_SYSTEM, "USER", "ASSISTANT", " ", "</s>"),
  V1_MMTAG(Style.TWO, Texts.MMTAG_SYSTEM, "USER", "ASSISTANT", " ", "</s>"),
  V0(Style.SINGLE, Texts.HUMAN_SYSTEM, "Human", "Assistant", "###", ""),
  LLAVA_V0(Style.SINGLE, Texts.HUMAN_SYSTEM, "Human", "Assistant", "###", ""),
  V0_MMTAG(Style.SINGLE, Texts.MMTAG_SYSTEM, "Human", "Assistant", "###", ""),
  PLAIN(Style.PLAIN, "", "", "", "\n", ""),
  LLAMA_2(Style.LLAMA_2, Texts.LLAMA_2_SYSTEM, "USER", "ASSISTANT", "<s>", "</s>"),
  LLAVA_LLAMA_2(Style.LLAMA_2, Texts.LLAVA_LLAMA_2_SYSTEM, "USER", "ASSISTANT", "<s>", "</s>"),
  MISTRAL_INSTRUCT(Style.LLAMA_2, "", "USER", "ASSISTANT", "", "</s>"),
  CHATML_DIRECT(
      Style.MPT,
      "<|im_start|>system\nAnswer the questions.",
      "<|im_start|>user\n",
      "<|im_start|>assistant\n",
      "<|im_end|>",
      ""),
  MPT(
      Style.MPT,
      "<|im_start|>system\n" + Texts.MPT_SYSTEM,
      "<|im_start|>user\n",
      "<|im_start|>assistant\n",
      "<|im_end|>",
      ""),
  LLAMA3(
      Style.TURNS,
      "",
      "<|start_header_id|>user<|end_header_id|>\n\n",
      "<|start_header_id|>assistant<|end_header_id|>\n\n",
      "<|eot_id|>",
      "<|eot_id|>"),
  PHI3(Style.TURNS, "", "<|user|>\n", "<|assistant|>\n", "<|end|>\n", "<|end|>\n"),
  CHATML(
      Style.TURNS,
      "",
      "<|im_start|>user\n",
      "<|im_start|>assistant\n",
      "<|im_end|>\n",
      "<|im_end|>\n"),
  MISTRAL(Style.TURNS, "", "[INST] ", "", " [/INST]", "</s>");

  /// How a template joins its parts.
  public enum Style {
    SINGLE,
    TWO,
    MPT,
    LLAMA_2,
    PLAIN,
    /// every turn between the same markers; the system prompt, if there is one, in its own turn
    TURNS
  }

  private static final class Texts {
    static final String USER_SYSTEM =
        "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful,"
            + " detailed, and polite answers to the user's questions.";
    static final String HUMAN_SYSTEM = USER_SYSTEM.replace("user", "human");
    static final String MMTAG_SYSTEM =
        "A chat between a curious user and an artificial intelligence assistant. The assistant is able to understand"
            + " the visual content that the user provides, and assist the user with a variety of tasks using natural"
            + " language.The visual content will be provided with the following format: <Image>visual"
            + " content</Image>.";
    static final String LLAMA_2_SYSTEM =
        "You are a helpful, respectful and honest assistant. Always answer as helpfully as possible, while being safe."
            + "  Your answers should not include any harmful, unethical, racist, sexist, toxic, dangerous, or illegal"
            + " content. Please ensure that your responses are socially unbiased and positive in nature.\n\nIf a"
            + " question does not make any sense, or is not factually coherent, explain why instead of answering"
            + " something not correct. If you don't know the answer to a question, please don't share false"
            + " information.";
    static final String LLAVA_LLAMA_2_SYSTEM =
        "You are a helpful language and vision assistant. You are able to understand the visual content that the user"
            + " provides, and assist the user with a variety of tasks using natural language.";
    static final String MPT_SYSTEM =
        "A conversation between a user and an LLM-based AI assistant. The assistant gives helpful and honest answers.";
  }

  private static final String MPT_SYSTEM_MARK = "<|im_start|>system\n";
  private static final Pattern MARKER = Pattern.compile("<\\|[^|]+\\|>|\\[/?INST]");

  private final Style style;
  private final String system;
  private final String userRole;
  private final String assistantRole;
  private final String separator;
  private final String answerSeparator;

  ConversationTemplate(
      Style style,
      String system,
      String userRole,
      String assistantRole,
      String separator,
      String answerSeparator) {
    this.style = style;
    this.system = system;
    this.userRole = userRole;
    this.assistantRole = assistantRole;
    this.separator = separator;
    this.answerSeparator = answerSeparator;
  }

  /// The template with one of the original's names, such as `vicuna_v1`, `v1`, `mistral_direct`.
  public static ConversationTemplate parse(String name) {
    String key = name.toLowerCase(Locale.ROOT).replace('-', '_');
    return switch (key) {
      case "v1" -> VICUNA_V1;
      case "default" -> V0;
      case "v0_plain" -> PLAIN;
      case "mistral_direct" -> CHATML_DIRECT;
      default ->
          Arrays.stream(values())
              .filter(template -> template.key().equals(key))
              .findFirst()
              .orElseThrow(() ->
                  new BadInputException(
                      "unknown conversation template '"
                          + name
                          + "': use one of "
                          + Arrays.stream(values()).map(ConversationTemplate::key).toList()));
    };
  }

  /// The template with which a model was trained, guessed from its name in the same order as in the
  /// original tools; if the name is unknown, that of LLaVA-1.5.
  ///
  /// Names with "v1" get `VICUNA_V1`, because stage 2 and all evaluations use it. The original
  /// command line uses `LLAVA_V1` ("human" for "user") for them; to get its exact prompts, select
  /// that template.
  public static ConversationTemplate forModel(String modelName) {
    String name = modelName.toLowerCase(Locale.ROOT);
    boolean tagged = name.contains("mmtag");
    if (name.contains("llama-2")) {
      return LLAVA_LLAMA_2;
    }
    if (name.contains("mistral") || name.contains("mixtral")) {
      return name.contains("hermes") ? CHATML_DIRECT : MISTRAL_INSTRUCT;
    }
    if (name.contains("v1.6-34b")) {
      return CHATML_DIRECT;
    }
    if (name.contains("v1")) {
      return tagged ? V1_MMTAG : VICUNA_V1;
    }
    if (name.contains("mpt")) {
      return MPT;
    }
    if (name.contains("v0")) {
      return tagged ? V0_MMTAG : LLAVA_V0;
    }
    return VICUNA_V1;
  }

  /// The name in the original code.
  @Override
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  public String system() {
    return system;
  }

  public Style style() {
    return style;
  }

  public String userRole() {
    return userRole;
  }

  public String assistantRole() {
    return assistantRole;
  }

  /// The text after a user's message, and after the system prompt.
  public String separator() {
    return separator;
  }

  /// The text after an answer, if it is different; empty otherwise.
  public String answerSeparator() {
    return answerSeparator;
  }

  /// The text that ends an answer in this template, if it is not the tokenizer's end token; may be
  /// empty.
  @Override
  public String stopText() {
    return switch (style) {
      case SINGLE, MPT -> separator;
      case TURNS -> answerSeparator.strip();
      case TWO, LLAMA_2, PLAIN -> "";
    };
  }

  /// Whether images are in a separate message with `<Image>` tags.
  public boolean tagsImages() {
    return switch (this) {
      case V1_MMTAG, V0_MMTAG -> true;
      case VICUNA_V1,
          LLAVA_V1,
          V0,
          LLAVA_V0,
          PLAIN,
          LLAMA_2,
          LLAVA_LLAMA_2,
          MISTRAL_INSTRUCT,
          CHATML_DIRECT,
          MPT,
          LLAMA3,
          PHI3,
          CHATML,
          MISTRAL ->
          false;
    };
  }

  /// A user's text in which the template's bracketed markers are split by a blank, so that they
  /// cannot start another turn. Role names and `###` are ordinary text and are kept.
  @Override
  public String neutralised(String userText) {
    List<String> markers =
        switch (style) {
          case MPT -> List.of("<|im_start|>", "<|im_end|>");
          case LLAMA_2 -> List.of("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>");
          case TURNS -> turnMarkers();
          case SINGLE, TWO, PLAIN -> List.of();
        };
    String safe = userText;
    for (String marker : markers) {
      safe = safe.replace(marker, marker.charAt(0) + " " + marker.substring(1));
    }
    return safe;
  }

  /// Tokens that the vocabulary must have for this template; empty for templates of plain text, as
  /// all of the original ones are.
  public List<String> specialTokens() {
    return style == Style.TURNS
        ? turnMarkers().stream().filter(marker -> marker.startsWith("<|")).toList()
        : List.of();
  }

  private List<String> turnMarkers() {
    return MARKER
        .matcher(userRole + assistantRole + separator + answerSeparator)
        .results()
        .map(MatchResult::group)
        .distinct()
        .toList();
  }

  @Override
  public String prompt(Optional<String> systemText, List<String> messages) {
    List<String> open = new ArrayList<>(messages);
    open.add(null);
    // ChatML's system prompt contains its opening marker
    String mark = style == Style.MPT ? MPT_SYSTEM_MARK : "";
    return render(systemText.map(mark::concat).orElse(system), open);
  }

  /// Renders a conversation with the template's own system prompt.
  public String render(List<String> messages) {
    return render(system, messages);
  }

  /// Renders a conversation.
  ///
  /// @param messages alternating messages of user and assistant, the user first; a null or empty
  ///   one is the place for the model's answer
  public String render(String systemText, List<String> messages) {
    StringBuilder prompt = new StringBuilder();
    return switch (style) {
      case SINGLE, TWO -> {
        prompt.append(systemText).append(separator);
        for (int i = 0; i < messages.size(); i++) {
          prompt.append(role(i)).append(':');
          if (isGiven(messages.get(i))) {
            prompt
                .append(' ')
                .append(messages.get(i))
                .append(style == Style.SINGLE ? separator : endOf(i));
          }
        }
        yield prompt.toString();
      }
      case MPT -> {
        prompt.append(systemText).append(separator);
        for (int i = 0; i < messages.size(); i++) {
          prompt.append(role(i));
          if (isGiven(messages.get(i))) {
            prompt.append(messages.get(i)).append(separator);
          }
        }
        yield prompt.toString();
      }
      case LLAMA_2 -> renderLlama2(systemText, messages);
      case TURNS -> renderTurns(systemText, messages);
      case PLAIN -> {
        prompt.append(systemText);
        for (int i = 0; i < messages.size(); i++) {
          if (isGiven(messages.get(i))) {
            prompt.append(messages.get(i)).append(endOf(i));
          }
        }
        yield prompt.toString();
      }
    };
  }

  private String renderTurns(String systemText, List<String> messages) {
    boolean mistral = this == MISTRAL;
    StringBuilder prompt = new StringBuilder();
    if (!mistral && !systemText.isEmpty()) {
      prompt.append(userRole.replace("user", "system")).append(systemText).append(separator);
    }
    for (int i = 0; i < messages.size(); i++) {
      prompt.append(role(i));
      if (isGiven(messages.get(i))) {
        prompt
            .append(mistral && i == 0 && !systemText.isEmpty() ? systemText + "\n\n" : "")
            .append(mistral && i % 2 == 1 ? " " : "")
            .append(messages.get(i))
            .append(endOf(i));
      }
    }
    return prompt.toString();
  }

  private String renderLlama2(String systemText, List<String> messages) {
    if (messages.isEmpty() || !isGiven(messages.get(0))) {
      throw new BadInputException("the first message must not be empty with template " + key());
    }
    StringBuilder prompt = new StringBuilder();
    for (int i = 0; i < messages.size(); i++) {
      String message = messages.get(i);
      if (!isGiven(message)) {
        continue;
      }
      if (i == 0 && !systemText.isEmpty()) {
        message = "<<SYS>>\n" + systemText + "\n<</SYS>>\n\n" + message;
      }
      if (i % 2 == 0) {
        prompt.append(separator).append("[INST] ").append(message).append(" [/INST]");
      } else {
        prompt.append(' ').append(message).append(' ').append(answerSeparator);
      }
    }
    // The original strips the characters of the separator, not the separator.
    int start = 0;
    while (start < prompt.length() && separator.indexOf(prompt.charAt(start)) >= 0) {
      start++;
    }
    return prompt.substring(start);
  }

  private String role(int message) {
    return message % 2 == 0 ? userRole : assistantRole;
  }

  private String endOf(int message) {
    return message % 2 == 0 ? separator : answerSeparator;
  }

  private static boolean isGiven(String message) {
    return message != null && !message.isEmpty();
  }
}
