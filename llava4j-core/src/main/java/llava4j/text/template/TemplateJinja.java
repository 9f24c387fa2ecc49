package llava4j.text.template;

import java.util.List;

/// A conversation template as the Jinja text that transformers keeps in `chat_template.jinja`.
///
/// It gives what [ConversationTemplate#render(java.util.List)] gives: the template's system text
/// unless the conversation begins with a system message, which then replaces it. A message's
/// content is a text, or a list of parts as LLaVA's processors take it; its images come first, each
/// as `<image>` on a line of its own. With `add_generation_prompt` it ends where the model goes on.
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

  /// Questions between `[INST]` marks; the system text stands inside the first of them.
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

  /// A message's words, its images in front of them.
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
