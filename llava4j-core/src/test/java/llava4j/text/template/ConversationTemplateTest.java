package llava4j.text.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.text.PromptEncoder;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ConversationTemplateTest {
  @Test
  void promptsEqualTheReference() {
    List<JsonNode> rows = Golden.jsonl("conversation/prompts.jsonl");
    long different = 0;
    for (JsonNode row : rows) {
      ConversationTemplate template = ConversationTemplate.parse(row.get("template").asString());
      List<String> messages = new ArrayList<>();
      row.get("messages")
          .forEach(message -> messages.add(message.isNull() ? null : message.asString()));
      if (row.has("error")) {
        // The plain template has no end for an answer there; ours ends it like a question.
        if (template != ConversationTemplate.PLAIN) {
          assertThatThrownBy(() -> template.render(messages)).isInstanceOf(BadInputException.class);
        }
      } else if (!template.render(messages).equals(row.get("prompt").asString())) {
        System.out.println(
            template + ": " + template.render(messages) + "\n  expected " + row.get("prompt"));
        different++;
      }
    }
    Golden.checkExact("conversation/prompts.jsonl", rows.size(), different);
  }

  @Test
  void systemTextsHaveTheReferenceHashes() {
    assertThat(hash(ConversationTemplate.VICUNA_V1.system())).isEqualTo("1fa69e2371b762d1");
    assertThat(hash(ConversationTemplate.LLAVA_V1.system())).isEqualTo("ace78a978005f68a");
    assertThat(hash(ConversationTemplate.V1_MMTAG.system())).isEqualTo("563c2a621b1102ed");
    assertThat(hash(ConversationTemplate.LLAMA_2.system())).isEqualTo("d52c188a3c969c4e");
    assertThat(hash(ConversationTemplate.LLAVA_LLAMA_2.system())).isEqualTo("790f4cfc05523b0e");
    assertThat(hash(ConversationTemplate.MPT.system())).isEqualTo("c20002e5cc3abfc8");
  }

  @Test
  void placeholdersStayWhereTheQuestionNamesThem() {
    assertThat(PromptEncoder.place("What?", 1)).isEqualTo("<image>\nWhat?");
    assertThat(PromptEncoder.place("Compare <image> and <image>.", 2))
        .isEqualTo("Compare <image> and <image>.");
    assertThat(PromptEncoder.place("Compare <image>.", 2)).isNull();
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
