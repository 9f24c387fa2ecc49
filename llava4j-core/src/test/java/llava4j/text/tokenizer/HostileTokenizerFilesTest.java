package llava4j.text.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import llava4j.error.BadInputException;
import llava4j.text.ImageMarks;
import llava4j.text.TokenizerFiles;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Broken files end as one sentence to the user; the native libraries never crash the machine.
class HostileTokenizerFilesTest {
  @TempDir private Path folder;

  @Property(tries = 500)
  void randomBytesAreRefused(@ForAll byte[] bytes) {
    assertThatThrownBy(() -> SentencePieceModel.parse(bytes, "tokenizer.model"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("tokenizer.model");
  }

  @Property(tries = 150)
  void aModelWithWrongBytesIsRefusedOrWorks(@ForAll long seed) {
    byte[] bytes = GoldenTokenizers.modelBytes();
    Random random = new Random(seed);
    for (int i = 0; i <= random.nextInt(4); i++) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    openAndUse(bytes);
  }

  @Property(tries = 100)
  void aTruncatedModelIsRefusedOrWorks(@ForAll long seed) {
    byte[] bytes = GoldenTokenizers.modelBytes();
    openAndUse(Arrays.copyOf(bytes, new Random(seed).nextInt(bytes.length)));
  }

  @Test
  void textInPlaceOfAModelIsRefused() {
    byte[] pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 499723\n"
            .getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> SentencePieceModel.parse(pointer, "tokenizer.model"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("download it again");
  }

  @Test
  void aTruncatedOrWrongJsonIsRefusedOrWorks() throws IOException {
    String json = Files.readString(GoldenTokenizers.folder().resolve("tokenizer.json"));
    Random random = new Random(3);
    for (int i = 0; i < 60; i++) {
      int at = random.nextInt(json.length());
      String wrong =
          i % 2 == 0
              ? json.substring(0, at)
              : json.substring(0, at) + (char) (32 + random.nextInt(90)) + json.substring(at + 1);
      openJson(wrong);
    }
  }

  @Test
  void jsonOfAnotherKindIsRefused() throws IOException {
    for (String wrong :
        new String[] {
          "",
          "[]",
          "null",
          "{}",
          "{\"model\":{}}",
          "{\"model\":{\"vocab\":{\"a\":-1}}}",
          "{\"model\":{\"vocab\":{\"a\":0}},\"added_tokens\":{\"b\":1}}",
          "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a b\"]}}",
          "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":0},\"merges\":[]}}",
          "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":99999999999}}}"
        }) {
      Files.writeString(folder.resolve("tokenizer.json"), wrong);
      assertThatThrownBy(() -> TokenizerFiles.open(folder))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("tokenizer.json");
    }
  }

  @Test
  void aFileWithoutAddedTokensCanBeGivenSome() throws IOException {
    for (String added : new String[] {"", ",\"added_tokens\":null", ",\"added_tokens\":[]"}) {
      Files.writeString(
          folder.resolve("tokenizer.json"),
          "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]}" + added + "}");
      try (Tokenizer tokenizer = TokenizerFiles.open(folder, new ImageMarks(false, true, 9))) {
        assertThat(tokenizer.encode("a<im_start>a<im_end>", false)).containsExactly(0, 1, 0, 2);
      }
    }
  }

  @Test
  void textThatIsNoTextIsTaken() {
    String[] texts = {
      "\0", "a\0b", "\uD800", "\uDC00x", "a\uD83Eb", "\uFFFF", "\u202E", "▁", "▁▁a"
    };
    try (Tokenizer slow = GoldenTokenizers.slow(true);
        Tokenizer nonLegacy = GoldenTokenizers.slow(false);
        Tokenizer fast = GoldenTokenizers.fast()) {
      for (String text : texts) {
        for (Tokenizer tokenizer : new Tokenizer[] {slow, nonLegacy, fast}) {
          int[] ids = tokenizer.encode(text, false);
          assertThat(Arrays.stream(ids)).allMatch(id -> id >= 0);
          if (!text.contains("▁")) {
            String expected = SoundText.of(text);
            assertThat(tokenizer.decode(ids, true)).as("text %s", text).isEqualTo(expected);
          }
        }
      }
    }
  }

  @Test
  void aLongTextIsNotCut() {
    String text = "How many lanterns can you see? ".repeat(4000);
    try (Tokenizer slow = GoldenTokenizers.slow(true);
        Tokenizer fast = GoldenTokenizers.fast()) {
      assertThat(slow.encode(text)).hasSizeGreaterThan(20_000).isEqualTo(fast.encode(text));
    }
  }

  private void openJson(String content) {
    try {
      Files.writeString(folder.resolve("tokenizer.json"), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try (Tokenizer tokenizer = TokenizerFiles.open(folder)) {
      tokenizer.decode(tokenizer.encode("Is there a <image> in it? \u00e9\u20ac</s>"), false);
    } catch (BadInputException e) {
      assertThat(e).hasMessageContaining("tokenizer.json").hasMessageNotContaining("\n");
    }
  }

  private static void openAndUse(byte[] bytes) {
    try (Tokenizer tokenizer =
        new SentencePieceTokenizer(
            SentencePieceModel.parse(bytes, "tokenizer.model"),
            SentencePieceTokenizer.Settings.llama(true))) {
      tokenizer.decode(tokenizer.encode("Is there a <image> in it? \u00e9\u20ac</s>"), false);
    } catch (BadInputException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }
}
