package llava4j.text.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;
import llava4j.golden.Golden;
import llava4j.text.PromptEncoder;
import llava4j.text.tokenizer.SentencePieceTokenizer.Settings;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class TokenizerGoldenTest {
  private final Path folder = Golden.path("tokenizer");
  private final SentencePieceModel model = model();
  private final List<JsonNode> texts = Golden.jsonl("tokenizer/tokenization.jsonl");

  @Test
  void slowTokenizersGiveTheReferenceIds() {
    try (SentencePieceTokenizer legacy = slow(true);
        SentencePieceTokenizer nonLegacy = slow(false)) {
      checkIds("sentencepiece", legacy::encodePieces);
      checkIds("slow_legacy", text -> legacy.encode(text, true));
      checkIds("slow_legacy_no_bos", text -> legacy.encode(text, false));
      checkIds("slow_nonlegacy", text -> nonLegacy.encode(text, true));
      checkIds("slow_nonlegacy_no_bos", text -> nonLegacy.encode(text, false));
    }
  }

  @Test
  void fastTokenizersGiveTheReferenceIds() {
    try (JsonTokenizer legacy = fast("tokenizer.json");
        JsonTokenizer nonLegacy = fast("tokenizer_nonlegacy.json")) {
      checkIds("hf_fast", text -> legacy.encode(text, true));
      checkIds("hf_fast_nonlegacy", text -> nonLegacy.encode(text, true));
    }
  }

  @Test
  void idsBecomeTheReferenceTexts() {
    try (SentencePieceTokenizer legacy = slow(true);
        SentencePieceTokenizer nonLegacy = slow(false);
        JsonTokenizer fast = fast("tokenizer.json")) {
      checkDecode("slow_legacy", "slow_legacy", legacy, false);
      checkDecode("slow_legacy", "slow_legacy_skip", legacy, true);
      checkDecode("slow_legacy_no_bos", "slow_legacy_no_bos_skip", legacy, true);
      checkDecode("slow_nonlegacy", "slow_nonlegacy", nonLegacy, false);
      checkDecode("slow_nonlegacy", "slow_nonlegacy_skip", nonLegacy, true);
      checkDecode("hf_fast", "hf_fast", fast, false);
      checkDecode("hf_fast", "hf_fast_skip", fast, true);
    }
  }

  @Test
  void idsInUnnaturalOrdersBecomeTheReferenceTexts() {
    try (SentencePieceTokenizer legacy = slow(true);
        JsonTokenizer fast = fast("tokenizer.json")) {
      long different = 0;
      long compared = 0;
      for (JsonNode row : Golden.jsonl("tokenizer/decode_random.jsonl")) {
        int[] ids = Golden.ints(row.get("ids"));
        different += differs(row, "slow_legacy", legacy.decode(ids, false));
        different += differs(row, "slow_legacy_skip", legacy.decode(ids, true));
        different += differs(row, "hf_fast", fast.decode(ids, false));
        different += differs(row, "hf_fast_skip", fast.decode(ids, true));
        compared += 4;
      }
      Golden.checkExact("tokenizer/decode_random.jsonl", compared, different);
    }
  }

  @Test
  void promptsWithImagesGiveTheReferenceIds() {
    try (SentencePieceTokenizer legacy = slow(true);
        SentencePieceTokenizer nonLegacy = slow(false)) {
      long different = 0;
      long compared = 0;
      for (JsonNode row : Golden.jsonl("tokenizer/image_token.jsonl")) {
        String prompt = row.get("prompt").asString();
        different += differs(row, "legacy", new PromptEncoder(legacy, true).encode(prompt));
        different += differs(row, "nonlegacy", new PromptEncoder(nonLegacy, true).encode(prompt));
        compared += 2;
      }
      Golden.checkExact("tokenizer/image_token.jsonl", compared, different);
    }
  }

  @Test
  void streamedTextEqualsDecodedText() {
    try (SentencePieceTokenizer slow = slow(true);
        JsonTokenizer fast = fast("tokenizer.json")) {
      for (JsonNode row : texts) {
        for (Tokenizer tokenizer : List.of(slow, fast)) {
          int[] ids = tokenizer.encode(row.get("text").asString(), false);
          StreamingDetokenizer stream = tokenizer.streamingDetokenizer();
          StringBuilder text = new StringBuilder();
          for (int id : ids) {
            String piece = stream.accept(id);
            assertThat(piece).doesNotContain("�");
            text.append(piece);
          }
          text.append(stream.finish());
          assertThat(text.toString()).isEqualTo(tokenizer.decode(ids, true));
        }
      }
    }
  }

  @Test
  void aModelBuiltFromItsPiecesTokenizesLikeTheFile() {
    SentencePieceModel rebuilt = SentencePieceModel.of(model.pieces(), true);
    try (SentencePieceTokenizer built = new SentencePieceTokenizer(rebuilt, Settings.llama(true))) {
      checkIds("slow_legacy", text -> built.encode(text, true));
    }
  }

  @Test
  void typedSpecialTokensAreNeutralised() {
    try (SentencePieceTokenizer tokenizer = slow(true)) {
      int[] ids = tokenizer.encode(tokenizer.neutralised("end </s> now <image>"), false);
      assertThat(ids).doesNotContain(tokenizer.eosId());
      assertThat(tokenizer.neutralised("a <image>")).doesNotContain("<image>");
    }
  }

  private void checkIds(String field, Function<String, int[]> encode) {
    long different = 0;
    for (JsonNode row : texts) {
      different += differs(row, field, encode.apply(row.get("text").asString()));
    }
    Golden.checkExact("tokenizer/tokenization.jsonl " + field, texts.size(), different);
  }

  private void checkDecode(String idsField, String textField, Tokenizer tokenizer, boolean skip) {
    long different = 0;
    for (JsonNode row : texts) {
      String decoded = tokenizer.decode(Golden.ints(row.get(idsField)), skip);
      different += differs(row.get("decode"), textField, decoded);
    }
    Golden.checkExact("tokenizer/tokenization.jsonl decode." + textField, texts.size(), different);
  }

  private static int differs(JsonNode row, String field, int[] found) {
    int[] expected = Golden.ints(row.get(field));
    if (Arrays.equals(expected, found)) {
      return 0;
    }
    System.out.println(field + " of " + row.path("text") + row.path("prompt"));
    System.out.println("  expected " + Arrays.toString(expected));
    System.out.println("  found    " + Arrays.toString(found));
    return 1;
  }

  private static int differs(JsonNode row, String field, String found) {
    String expected = row.get(field).asString();
    if (expected.equals(found)) {
      return 0;
    }
    System.out.println(
        field + " of " + row.path("ids") + ": expected '" + expected + "', found '" + found + "'");
    return 1;
  }

  private SentencePieceModel model() {
    try {
      return SentencePieceModel.parse(
          Files.readAllBytes(folder.resolve("tokenizer.model")), "tokenizer.model");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private SentencePieceTokenizer slow(boolean legacy) {
    return new SentencePieceTokenizer(model, Settings.llama(legacy));
  }

  private JsonTokenizer fast(String name) {
    return new JsonTokenizer(folder.resolve(name), "<s>", "</s>", OptionalInt.empty());
  }
}
