package llava4j.text.template;

import java.util.List;

/// Converts a conversation template to the Jinja text for transformers' `chat_template.jinja`.
///
/// The result is the same as that of [ConversationTemplate#render(java.util.List)]: the template's
/// system prompt, unless the conversation begins with a system message, which replaces it. The
/// content of a message is a text, or a list of parts as in LLaVA's processors; its images come
/// first, each as `<image>` on its own line. With `add_generation_prompt`, the prompt ends where
/// the answer starts.
public final class TemplateJinja {
  private static final String IS_SYSTEM = "message['role'] == 'system'";
  private static final String IS_USER = "message['role'] == 'user'";

  private TemplateJinja() {}

  /// The Jinja text.
  public static String of(ConversationTemplate template) {
    return switch (template.style()) {
      case SINGLE, TWO ->
          turns(
              template,
              "",
              template.userRole() + ": ",
              template.assistantRole() + ": ",
              template.assistantRole() + ":");
      case MPT ->
          turns(
              template,
              "<|im_start|>system\n",
              template.userRole(),
              template.assistantRole(),
              template.assistantRole());
      case TURNS ->
          template == ConversationTemplate.MISTRAL
              ? instructions(template, "[INST] ", "\n\n", "[INST] ", "</s>")
              : turns(
                  template,
                  template.userRole().replace("user", "system"),
                  template.userRole(),
                  template.assistantRole(),
                  template.assistantRole());
      case LLAMA_2 ->
          instructions(
              template,
              "[INST] <<SYS>>\n",
              "\n<</SYS>>\n\n",
              template.separator() + "[INST] ",
              " " + template.answerSeparator());
      case PLAIN -> plain(template);
    };
  }

  private static String turns(
      ConversationTemplate template,
      String system,
      String user,
      String assistant,
      String generation) {
    String answerEnd =
        template.answerSeparator().isEmpty() ? template.separator() : template.answerSeparator();
    String own = template.system().isEmpty() ? "" : template.system() + template.separator();
    return "{% for message in messages %}"
        + when("loop.first and message['role'] != 'system'", quoted(own))
        + when(IS_SYSTEM, quoted(system))
        + when(IS_USER, quoted(user))
        + when("message['role'] == 'assistant'", quoted(assistant))
        + content()
        + "{% if message['role'] == 'assistant' %}{{ "
        + quoted(answerEnd)
        + " }}{% else %}{{ "
        + quoted(template.separator())
        + " }}{% endif %}"
        + "{% endfor %}"
        + when("add_generation_prompt", quoted(generation));
  }

  /// Questions between `[INST]` markers; the system prompt is inside the first pair.
  private static String instructions(
      ConversationTemplate template,
      String systemStart,
      String systemEnd,
      String nextQuestion,
      String answerEnd) {
    String given = "messages[0]['role'] == 'system'";
    String opening =
        template.system().isEmpty() ? "[INST] " : systemStart + template.system() + systemEnd;
    return "{% set first = 1 if "
        + given
        + " else 0 %}{% for message in messages %}{% if "
        + IS_SYSTEM
        + " %}{{ "
        + quoted(systemStart)
        + " }}"
        + content()
        + "{{ "
        + quoted(systemEnd)
        + " }}{% elif "
        + IS_USER
        + " %}{% if loop.index0 == first %}"
        + when("first == 0", quoted(opening))
        + "{% else %}{{ "
        + quoted(nextQuestion)
        + " }}{% endif %}"
        + content()
        + "{{ ' [/INST]' }}{% else %}{{ ' ' }}"
        + content()
        + "{{ "
        + quoted(answerEnd)
        + " }}{% endif %}{% endfor %}";
  }

  private static String plain(ConversationTemplate template) {
    return "{% for message in messages %}"
        + content()
        + "{% if message['role'] == 'assistant' %}{{ "
        + quoted(template.answerSeparator())
        + " }}{% elif "
        + IS_USER
        + " %}{{ "
        + quoted(template.separator())
        + " }}{% endif %}"
        + "{% endfor %}";
  }

  /// The text of a message, after its images.
  private static String content() {
    return String.join(
        "",
        List.of(
            "{% if message['content'] is string %}{{ message['content'] }}{% else %}",
            "{% for part in message['content'] %}{% if part['type'] == 'image' %}{{ '<image>\\n' }}",
            "{% endif %}{% endfor %}",
            "{% for part in message['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}",
            "{% endif %}{% endfor %}{% endif %}"));
  }

  private static String when(String condition, String expression) {
    return expression.equals("''")
        ? ""
        : "{% if " + condition + " %}{{ " + expression + " }}{% endif %}";
  }

  /// A Jinja string literal.
  private static String quoted(String text) {
    return "'"
        + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
        + "'";
  }
}
