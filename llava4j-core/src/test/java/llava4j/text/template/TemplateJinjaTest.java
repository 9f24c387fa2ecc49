package llava4j.text.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llava4j.text.jinja.JinjaTemplate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The Jinja text of a conversation template renders what the template renders.
class TemplateJinjaTest {
  @ParameterizedTest
  @EnumSource(ConversationTemplate.class)
  void jinjaRendersWhatTheTemplateRenders(ConversationTemplate template) {
    for (List<String> turns :
        List.of(
            List.of("What's \"this\"?\nTell me.\\"),
            List.of("One?", "First answer.", "Two?"),
            List.of("One?", "Yes", "Two?", "No", "Three?"))) {
      assertThat(rendered(template, messages(turns, false, false), true))
          .isEqualTo(template.prompt(Optional.empty(), turns));
      assertThat(rendered(template, messages(turns, true, false), true))
          .isEqualTo(template.prompt(Optional.of("Be brief."), turns));
      List<String> imaged = new ArrayList<>(turns);
      imaged.set(0, "<image>\n<image>\n" + turns.getFirst());
      assertThat(rendered(template, messages(turns, false, true), true))
          .isEqualTo(template.prompt(Optional.empty(), imaged));
    }
  }

  @ParameterizedTest
  @EnumSource(ConversationTemplate.class)
  void aFinishedConversationEndsWithItsAnswer(ConversationTemplate template) {
    List<String> turns = List.of("One?", "First.");
    assertThat(rendered(template, messages(turns, false, false), false))
        .isEqualTo(template.render(turns));
  }

  private static String rendered(
      ConversationTemplate template, List<Map<String, Object>> messages, boolean open) {
    return JinjaTemplate.parse(TemplateJinja.of(template))
        .render(Map.of("messages", messages, "add_generation_prompt", open));
  }

  private static List<Map<String, Object>> messages(
      List<String> turns, boolean system, boolean images) {
    List<Map<String, Object>> messages = new ArrayList<>();
    if (system) {
      messages.add(Map.of("role", "system", "content", "Be brief."));
    }
    for (int i = 0; i < turns.size(); i++) {
      List<Map<String, Object>> parts = new ArrayList<>();
      parts.add(Map.of("type", "text", "text", turns.get(i)));
      if (images && i == 0) {
        parts.add(Map.of("type", "image"));
        parts.add(Map.of("type", "image"));
      }
      messages.add(
          Map.of(
              "role",
              i % 2 == 0 ? "user" : "assistant",
              "content",
              i % 2 == 0 ? parts : turns.get(i)));
    }
    return messages;
  }
}
