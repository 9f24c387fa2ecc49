package llava4j.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import llava4j.golden.Golden;
import llava4j.text.tokenizer.GoldenTokenizers;
import llava4j.text.tokenizer.SentencePieceTokenizer;
import llava4j.text.tokenizer.Tokenizer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Texts of generated ids, and prompts of Hugging Face's processor, with the tokenizer that
/// `TokenizerFiles` chooses for the folder.
class ReferenceAnswersTest {
  @Test
  void generatedIdsBecomeTheReferenceTexts() {
    for (String run : List.of("hf", "hf_gqa", "lora")) {
      String file = "forward/" + run + "/cases.json";
      if (!Golden.lists(file)) {
        continue;
      }
      String folder = run.equals("lora") ? "original" : run;
      try (Tokenizer tokenizer = TokenizerFiles.open(Golden.path(folder))) {
        long compared = 0;
        long different = 0;
        for (JsonNode row : Golden.json(file)) {
          JsonNode greedy = row.get("greedy");
          for (int i = 0; i < greedy.get("ids").size(); i++) {
            int[] ids = Golden.ints(greedy.get("ids").get(i));
            compared++;
            different += differs(greedy.get("text").get(i).asString(), tokenizer.decode(ids, true));
          }
        }
        Golden.checkExact("texts of " + file, compared, different);
      }
    }
  }

  @Test
  void ggufAnswersBecomeTheReferenceTexts() {
    try (Tokenizer tokenizer = GoldenTokenizers.gguf()) {
      long compared = 0;
      long different = 0;
      JsonNode expected = Golden.json("gguf/expected.json");
      for (JsonNode file : expected.get("files")) {
        for (JsonNode row : file.get("cases")) {
          int[] ids = Golden.ints(row.get("greedy_ids"));
          compared++;
          different += differs(row.get("text").asString(), tokenizer.decode(ids, true));
        }
      }
      Golden.checkExact("texts of gguf/expected.json", compared, different);
    }
  }

  @Test
  void processorPromptsGiveTheReferenceIds() {
    try (Tokenizer tokenizer = TokenizerFiles.open(Golden.path("hf"))) {
      long compared = 0;
      long different = 0;
      for (JsonNode row : Golden.json("forward/hf_processor.json")) {
        int[] found = tokenizer.encode(row.get("prompt").asString());
        int[] expected = collapsed(Golden.ints(row.get("input_ids")), tokenizer);
        compared++;
        if (!Arrays.equals(expected, found)) {
          System.out.println("expected " + Arrays.toString(expected));
          System.out.println("found    " + Arrays.toString(found));
          different++;
        }
      }
      Golden.checkExact("forward/hf_processor.json ids", compared, different);
    }
  }

  @Test
  void aVocabularyFromGgufTokenizesLikeTheFile() {
    try (SentencePieceTokenizer built = GoldenTokenizers.gguf();
        SentencePieceTokenizer file = GoldenTokenizers.slow(true)) {
      List<JsonNode> rows = Golden.jsonl("tokenizer/tokenization.jsonl");
      long different = 0;
      for (JsonNode row : rows) {
        int[] expected = Golden.ints(row.get("slow_legacy"));
        different += Arrays.equals(expected, built.encode(row.get("text").asString())) ? 0 : 1;
        different += built.decode(expected, true).equals(file.decode(expected, true)) ? 0 : 1;
      }
      Golden.checkExact("tokenizer of a GGUF vocabulary", 2L * rows.size(), different);
      assertThat(built.unkId()).isEqualTo(file.unkId());
    }
  }

  /// The processor writes one `<image>` id per patch; we keep one per image.
  private static int[] collapsed(int[] ids, Tokenizer tokenizer) {
    int image = tokenizer.imageTokenId().orElseThrow();
    List<Integer> kept = new ArrayList<>();
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] != image || i == 0 || ids[i - 1] != image) {
        kept.add(ids[i]);
      }
    }
    return kept.stream().mapToInt(Integer::intValue).toArray();
  }

  private static int differs(String expected, String found) {
    if (!expected.equals(found)) {
      System.out.println("expected '" + expected + "', found '" + found + "'");
      return 1;
    }
    return 0;
  }
}
