package llava4j.text;

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
      case SINGLE ->
          turns(
              template,
              quoted(template.userRole() + ": "),
              quoted(template.assistantRole() + ": "),
              template.separator(),
              template.assistantRole() + ":");
      case TWO ->
          turns(
              template,
              quoted(template.userRole() + ": "),
              quoted(template.assistantRole() + ": "),
              template.answerSeparator(),
              template.assistantRole() + ":");
      case MPT ->
          turns(
              template,
              quoted(template.userRole()),
              quoted(template.assistantRole()),
              template.separator(),
              template.assistantRole());
      case LLAMA_2 -> llama2(template);
      case PLAIN -> plain(template);
    };
  }

  private static String turns(
      ConversationTemplate template,
      String user,
      String assistant,
      String afterAnswer,
      String generation) {
    String separator = quoted(template.separator());
    return "{% for message in messages %}"
        + when(
            "loop.first and message['role'] != 'system'",
            quoted(template.system() + template.separator()))
        + when(IS_USER, user)
        + when("message['role'] == 'assistant'", assistant)
        + content()
        + "{% if message['role'] == 'assistant' %}{{ "
        + quoted(afterAnswer)
        + " }}{% else %}{{ "
        + separator
        + " }}{% endif %}"
        + "{% endfor %}"
        + when("add_generation_prompt", quoted(generation));
  }

  /// The system text stands inside the first question; the separator before all but the first.
  private static String llama2(ConversationTemplate template) {
    String before = quoted("<<SYS>>\n");
    String behind = quoted("\n<</SYS>>\n\n");
    String given = "messages[0]['role'] == 'system'";
    return "{% set first = 1 if "
        + given
        + " else 0 %}"
        + "{% for message in messages %}"
        + "{% if "
        + IS_SYSTEM
        + " %}"
        + "{{ "
        + quoted("[INST] <<SYS>>\n")
        + " }}"
        + content()
        + "{{ "
        + behind
        + " }}"
        + "{% elif "
        + IS_USER
        + " %}"
        + "{% if loop.index0 == first %}"
        + (template.system().isEmpty()
            ? when("first == 0", quoted("[INST] "))
            : when(
                "first == 0",
                quoted("[INST] ")
                    + " + "
                    + before
                    + " + "
                    + quoted(template.system())
                    + " + "
                    + behind))
        + "{% else %}{{ "
        + quoted(template.separator() + "[INST] ")
        + " }}{% endif %}"
        + content()
        + "{{ ' [/INST]' }}"
        + "{% else %}"
        + "{{ ' ' }}"
        + content()
        + "{{ "
        + quoted(" " + template.answerSeparator())
        + " }}"
        + "{% endif %}"
        + "{% endfor %}";
  }

  private static String plain(ConversationTemplate template) {
    return "{% for message in messages %}"
        + content()
        + "{% if message['role'] == 'assistant' %}{{ "
        + quoted(template.answerSeparator())
        + " }}{% else %}{{ "
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
