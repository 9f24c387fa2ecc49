package llava4j.text.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import llava4j.golden.Golden;
import llava4j.text.tokenizer.SentencePieceTokenizer.Settings;
import llava4j.text.tokenizer.SentencePieceTokenizer.Settings.Strip;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A written `tokenizer.json`, run by Hugging Face's own library, gives our ids.
class SentencePieceJsonTest {
  private static final List<String> AWKWARD =
      List.of(
          "",
          " ",
          "  ",
          "   a",
          " a b",
          "a  b   c    d",
          "a ",
          "USER: <image>\nWhat is this? ASSISTANT:",
          "USER:",
          " USER:",
          "<image>",
          " <image>",
          "<image> ",
          "<image>\n<image>\nx",
          "a<image>b",
          "</s>",
          "a</s> b",
          "a </s>USER: b",
          "<s>x",
          "<unk>",
          "<pad>",
          "\n",
          "\n\n\t x",
          "tab\tand\rreturn",
          "😀 smile 😀😀",
          "日本語テキスト",
          "naïve café",
          "▁",
          "▁a ▁b",
          " ▁a",
          "\u0000",
          "\uFFFD",
          "<0x0A>",
          "<0x0A",
          "e\u0301",
          "\u00a0x\u3000y",
          "1234567890",
          "https://example.org/a?b=c&d=e",
          "###Human: x",
          "end.</s>USER: <image> ASSISTANT: fine </s>");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void writtenTokenizerGivesTheIdsOfTheModel(boolean legacy) throws IOException {
    List<String> texts = new ArrayList<>(AWKWARD);
    Golden.jsonl("tokenizer/tokenization.jsonl")
        .forEach(line -> texts.add(line.path("text").asString()));
    texts.addAll(randomTexts(texts));
    try (SentencePieceTokenizer ours = withImageToken(legacy, Map.of(), true);
        JsonTokenizer written = written(ours, Map.of())) {
      for (String text : texts) {
        assertThat(written.encode(text, true)).as("'" + text + "'").isEqualTo(ours.encode(text));
      }
    }
  }

  @Test
  void tokensThatTakeBlanksAwayStillDo() throws IOException {
    for (Strip strip : List.of(new Strip(true, false), new Strip(false, true))) {
      try (SentencePieceTokenizer ours = withImageToken(true, Map.of("<image>", strip), true);
          JsonTokenizer written = written(ours, Map.of())) {
        for (String text : List.of("a <image> b", "a  <image>\n\n b", "<image>  ", "x<image>y")) {
          assertThat(written.encode(text, true)).as("'" + text + "'").isEqualTo(ours.encode(text));
        }
      }
    }
  }

  @Test
  void equalsTheFileThatTransformersWrote() throws IOException {
    try (SentencePieceTokenizer ours = withImageToken(true, Map.of(), true)) {
      JsonNode written = new JsonMapper().readTree(new SentencePieceJson(ours, Map.of()).text());
      assertThat(written).isEqualTo(Golden.json("tokenizer/tokenizer.json"));
    }
  }

  @Test
  void beginningIdIsAddedOnlyWhereTheModelWantsIt() throws IOException {
    try (SentencePieceTokenizer ours = withImageToken(true, Map.of(), false)) {
      JsonNode written = new JsonMapper().readTree(new SentencePieceJson(ours, Map.of()).text());
      assertThat(written.path("post_processor").path("single").toString())
          .contains("Sequence")
          .doesNotContain("SpecialToken");
    }
  }

  @Test
  void moreTokensAreCutOutToo() throws IOException {
    int pieces = GoldenTokenizers.model().pieces().size();
    try (SentencePieceTokenizer plain = GoldenTokenizers.slow(true);
        SentencePieceTokenizer ours = withImageToken(true, Map.of(), true);
        JsonTokenizer written = written(plain, Map.of("<image>", pieces, "<pad>", pieces + 1))) {
      for (String text : AWKWARD) {
        assertThat(written.encode(text, true)).as("'" + text + "'").isEqualTo(ours.encode(text));
      }
    }
  }

  private JsonTokenizer written(SentencePieceTokenizer tokenizer, Map<String, Integer> more)
      throws IOException {
    Path file = Files.createTempFile(folder, "tokenizer", ".json");
    Files.writeString(file, new SentencePieceJson(tokenizer, more).text());
    return new JsonTokenizer(file, "<s>", "</s>", OptionalInt.empty());
  }

  private static SentencePieceTokenizer withImageToken(
      boolean legacy, Map<String, Strip> strips, boolean addsBos) {
    SentencePieceModel model = GoldenTokenizers.model();
    int pieces = model.pieces().size();
    return new SentencePieceTokenizer(
        model,
        new Settings(
            legacy,
            1,
            2,
            OptionalInt.of(pieces + 1),
            new TreeMap<>(Map.of("<image>", pieces, "<pad>", pieces + 1)),
            strips,
            addsBos));
  }

  /// Texts glued from pieces of other texts, special tokens and odd characters.
  private static List<String> randomTexts(List<String> from) {
    Random random = new Random(7);
    String odd = " \n\t▁<>/s|é😀日\u00a0.";
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      StringBuilder text = new StringBuilder();
      for (int part = random.nextInt(6); part >= 0; part--) {
        switch (random.nextInt(4)) {
          case 0 -> text.append(" ".repeat(random.nextInt(4)));
          case 1 -> text.appendCodePoint(odd.codePointAt(random.nextInt(odd.length() - 1)));
          case 2 -> text.append(List.of("<image>", "</s>", "<s>", "USER:").get(random.nextInt(4)));
          case 3 -> {
            String other = from.get(random.nextInt(from.size()));
            text.append(other, 0, other.isEmpty() ? 0 : random.nextInt(other.length()));
          }
          default -> throw new AssertionError();
        }
      }
      texts.add(text.toString());
    }
    return texts;
  }
}
