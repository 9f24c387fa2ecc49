package llava4j.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.text.TokenRun.ImageSlot;
import llava4j.text.TokenRun.TextRun;
import llava4j.text.template.ConversationTemplate;
import llava4j.text.tokenizer.GoldenTokenizers;
import llava4j.text.tokenizer.Tokenizer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ConversationTest {
  private static final String USER_SYSTEM = ConversationTemplate.VICUNA_V1.system();

  @Test
  void aSecondQuestionFollowsTheAnswerAsInTheOriginal() {
    Conversation conversation =
        Conversation.of(ConversationTemplate.VICUNA_V1)
            .ask(ImagePrompt.reference("<image>\nHi?"))
            .answer("A1")
            .ask(ImagePrompt.reference("Q2"));
    assertThat(conversation.prompt())
        .isEqualTo(USER_SYSTEM + " USER: <image>\nHi? ASSISTANT: A1</s>USER: Q2 ASSISTANT:");
  }

  @Test
  void taggedTemplatesAnnounceTheImageFirst() {
    String prompt =
        Conversation.of(ConversationTemplate.V1_MMTAG)
            .ask(ImagePrompt.reference("<image>\nHi?"))
            .prompt();
    assertThat(prompt)
        .endsWith("USER: <Image><image></Image> ASSISTANT: Received.</s>USER: Hi? ASSISTANT:");
  }

  @Test
  void turnsMustAlternate() {
    Conversation asked =
        Conversation.of(ConversationTemplate.VICUNA_V1).ask(ImagePrompt.reference("Hi?"));
    assertThatThrownBy(() -> asked.ask(ImagePrompt.reference("Hi?")))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> asked.answer("A").answer("B"))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void conversationsRenderLikeTheReference() {
    long compared = 0;
    long different = 0;
    for (JsonNode row : Golden.jsonl("conversation/prompts.jsonl")) {
      ConversationTemplate template = ConversationTemplate.parse(row.get("template").asString());
      JsonNode messages = row.get("messages");
      boolean whole = !row.has("error") && messages.size() % 2 == 0;
      if (!whole || template.tagsImages() || hasBlankMessage(messages)) {
        continue; // told in order, turn by turn, these cannot arise
      }
      Conversation conversation = Conversation.of(template);
      for (JsonNode message : messages) {
        if (!message.isNull()) {
          conversation =
              conversation.isOpen()
                  ? conversation.answer(message.asString())
                  : conversation.ask(ImagePrompt.reference(message.asString()));
        }
      }
      compared++;
      different += conversation.prompt().equals(row.get("prompt").asString()) ? 0 : 1;
    }
    assertThat(compared).isPositive();
    Golden.checkExact("conversation/prompts.jsonl turn by turn", compared, different);
  }

  @Test
  void modelNamesChooseTheOriginalsTemplate() {
    assertThat(ConversationTemplate.forModel("llava-v1.5-7b"))
        .isEqualTo(ConversationTemplate.VICUNA_V1);
    assertThat(ConversationTemplate.forModel("my-model")).isEqualTo(ConversationTemplate.VICUNA_V1);
    assertThat(ConversationTemplate.forModel("LLaVA-Llama-2-13b"))
        .isEqualTo(ConversationTemplate.LLAVA_LLAMA_2);
    assertThat(ConversationTemplate.forModel("llava-v1.6-mistral-7b"))
        .isEqualTo(ConversationTemplate.MISTRAL_INSTRUCT);
    assertThat(ConversationTemplate.forModel("llava-v1.6-34b"))
        .isEqualTo(ConversationTemplate.CHATML_DIRECT);
    assertThat(ConversationTemplate.forModel("llava-v1-7b-mmtag"))
        .isEqualTo(ConversationTemplate.V1_MMTAG);
    assertThat(ConversationTemplate.forModel("llava-mpt-7b")).isEqualTo(ConversationTemplate.MPT);
    assertThat(ConversationTemplate.forModel("llava-7b-v0"))
        .isEqualTo(ConversationTemplate.LLAVA_V0);
  }

  @Test
  void promptsBecomeRunsWithNumberedSlots() {
    try (Tokenizer tokenizer = GoldenTokenizers.slow(true)) {
      TokenizedPrompt prompt = new PromptEncoder(tokenizer, true).tokenize("<image><image> b");
      assertThat(prompt.runs())
          .containsExactly(
              new TextRun(new int[] {tokenizer.bosId()}),
              new ImageSlot(0),
              new ImageSlot(1),
              new TextRun(tokenizer.encode(" b", false)));
      assertThat(prompt.numImages()).isEqualTo(2);
    }
  }

  @Test
  void wordsAndImagesMustAgree() {
    assertThatThrownBy(() -> new ImagePrompt("Compare <image>.", 2))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("1 time(s)")
        .hasMessageContaining("2 image(s)");
  }

  @Test
  void aFormatIsFoundInATrainingQuestion() {
    for (ResponseFormat format : ResponseFormat.values()) {
      assertThat(ResponseFormat.of(format.applyTo("What?"))).isEqualTo(format);
    }
    assertThat(
            ResponseFormat.of("Please provide a short description for this region: [0, 0, 1, 1]."))
        .isEqualTo(ResponseFormat.REGION);
    assertThat(
            ResponseFormat.of(
                "Please provide the bounding box coordinate of the region this sentence describes: a dog."))
        .isEqualTo(ResponseFormat.BOX);
    assertThat(ResponseFormat.of("")).isEqualTo(ResponseFormat.FREE);
    assertThat(ResponseFormat.FREE.instruction()).isEmpty();
  }

  @Test
  void responseFormatsStandOnTheirOwnLine() {
    assertThat(ResponseFormat.SHORT.applyTo("What?"))
        .isEqualTo("What?\nAnswer the question using a single word or phrase.");
    assertThat(ResponseFormat.FREE.applyTo("What?")).isEqualTo("What?");
  }

  @Property(tries = 300)
  void noWordsCanEndATurnOrClaimAnImage(
      @ForAll List<@IntRange(max = 11) Integer> parts, @ForAll @IntRange(max = 3) int numImages) {
    String[] pieces = {
      "<image>", "</s>", "<s>", "<unk>", "<", ">", "/s>", "<|im_end|>", " ", "a", "<pad>", "image>"
    };
    StringBuilder words = new StringBuilder();
    parts.forEach(part -> words.append(pieces[part]));
    try (Tokenizer tokenizer = TokenizerFiles.open(GoldenTokenizers.folder())) {
      ConversationTemplate template = ConversationTemplate.CHATML_DIRECT;
      ImagePrompt prompt = ImagePrompt.of(tokenizer, template, words.toString(), numImages);
      TokenizedPrompt tokenized = new PromptEncoder(tokenizer, false).tokenize(prompt.text());
      assertThat(tokenized.numImages()).isEqualTo(numImages);
      for (TokenRun run : tokenized.runs()) {
        if (run instanceof TextRun text) {
          assertThat(text.ids()).satisfies(ids -> assertNoneSpecial(tokenizer, ids));
        }
      }
      assertThat(prompt.text()).doesNotContain("<|im_end|>");
    }
  }

  private static void assertNoneSpecial(Tokenizer tokenizer, int[] ids) {
    for (int id : ids) {
      assertThat(tokenizer.isSpecial(id)).as("id %d", id).isFalse();
    }
  }

  private static boolean hasBlankMessage(JsonNode messages) {
    for (int i = 0; i < messages.size(); i++) {
      JsonNode message = messages.get(i);
      boolean open = message.isNull() && i == messages.size() - 1;
      if (!open && (message.isNull() || message.asString().isEmpty())) {
        return true;
      }
    }
    return false;
  }
}
