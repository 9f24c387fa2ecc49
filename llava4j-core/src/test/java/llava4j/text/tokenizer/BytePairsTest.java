package llava4j.text.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// A byte-level vocabulary as GGUF files hold it. Ids and texts are those of Hugging Face's library
/// over the equal `tokenizer.json`.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BytePairsTest {
  private static final int NUM_BYTES = 256;

  private JsonTokenizer tokenizer;

  @BeforeAll
  void open() {
    tokenizer = bytePairs("llama-bpe").tokenizer();
  }

  @AfterAll
  void close() {
    tokenizer.close();
  }

  /// 256 bytes, three merges, an added word, two control tokens, a row that only pads.
  private static GgufBytePairs bytePairs(String pre) {
    List<String> tokens = new ArrayList<>();
    List<Integer> types = new ArrayList<>();
    for (int value = 0; value < NUM_BYTES; value++) {
      tokens.add(ByteLetters.letter(value));
      types.add(1);
    }
    for (String token : List.of("he", "ll", "hell")) {
      tokens.add(token);
      types.add(1);
    }
    tokens.addAll(List.of("<|begin|>", "<|end|>", "[SEG]", "[PAD262]"));
    types.addAll(List.of(3, 3, 4, 5));
    return new GgufBytePairs(
        "file.gguf",
        Optional.of(pre),
        tokens,
        types,
        List.of("h e", "l l", "he ll"),
        OptionalInt.of(259),
        OptionalInt.of(260),
        OptionalInt.empty(),
        true);
  }

  @Test
  void mergesAndSpecialTokensGiveIds() {
    assertThat(tokenizer.encode("hello<|end|>[SEG]")).containsExactly(259, 258, 'o', 260, 261);
    assertThat(tokenizer.addsBos()).isTrue();
    assertThat(tokenizer.eosId()).isEqualTo(260);
    assertThat(tokenizer.decode(new int[] {259, 258, 'o', 260, 261}, true)).isEqualTo("hello[SEG]");
    assertThat(tokenizer.isGenerable(261)).isTrue();
    assertThat(tokenizer.isGenerable(262)).isFalse();
    assertThat(tokenizer.isByteLevel()).isTrue();
  }

  @Test
  void everyTextComesBack() {
    for (String text : List.of("hello  world", "é 图片 😀\n\n\t x", " don't 12345", "")) {
      assertThat(tokenizer.decode(tokenizer.encode(text, false), true)).isEqualTo(text);
    }
  }

  @Test
  void streamedPiecesAreTheDecodedText() {
    Random random = new Random(5);
    for (int round = 0; round < 2000; round++) {
      int[] ids = random.ints(1 + round % 12, 0, 263).toArray();
      StreamingDetokenizer stream = tokenizer.streamingDetokenizer();
      StringBuilder pieces = new StringBuilder();
      for (int id : ids) {
        pieces.append(stream.accept(id));
      }
      pieces.append(stream.finish());
      assertThat(pieces.toString()).isEqualTo(tokenizer.decode(ids, true));
    }
    StreamingDetokenizer stream = tokenizer.streamingDetokenizer();
    int[] smile = tokenizer.encode("😀", false);
    assertThat(stream.accept(smile[0]) + stream.accept(smile[1]) + stream.accept(smile[2]))
        .isEmpty();
    assertThat(stream.accept(smile[3])).isEqualTo("😀");
  }

  @Test
  void everyKnownRuleOpensAndOthersAreNamed() {
    for (String pre : List.of("llama-bpe", "qwen2", "tekken", "gpt-2", "smollm")) {
      try (JsonTokenizer opened = bytePairs(pre).tokenizer()) {
        assertThat(opened.decode(opened.encode("I'll say 123 <x>\n", false), true))
            .isEqualTo("I'll say 123 <x>\n");
      }
    }
    assertThatThrownBy(() -> bytePairs("viking").tokenizer())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("file.gguf: tokenizer.ggml.pre is 'viking'");
  }
}
