package llava4j.text.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import llava4j.error.BadInputException;
import llava4j.text.TokenizerFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerLifeTest {
  private static final String TEXT = "How many </s> lanterns, \u00e9\uD83E\uDD99?";

  @TempDir private Path folder;

  @Test
  void manyThreadsGetTheSameIds() throws ExecutionException, InterruptedException {
    try (Tokenizer slow = GoldenTokenizers.slow(true);
        Tokenizer fast = GoldenTokenizers.fast();
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (Tokenizer tokenizer : List.of(slow, fast)) {
        int[] expected = tokenizer.encode(TEXT);
        List<Future<int[]>> results =
            IntStream.range(0, 200)
                .mapToObj(_ -> threads.submit(() -> tokenizer.encode(TEXT)))
                .toList();
        for (Future<int[]> result : results) {
          assertThat(result.get()).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void aClosedTokenizerFailsWithoutANativeCrash() {
    for (Tokenizer tokenizer : List.of(GoldenTokenizers.slow(true), GoldenTokenizers.fast())) {
      tokenizer.close();
      tokenizer.close();
      assertThatThrownBy(() -> tokenizer.encode(TEXT)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void noEngineIsLoaded() {
    try (Tokenizer slow = GoldenTokenizers.slow(true);
        Tokenizer fast = GoldenTokenizers.fast()) {
      assertThat(slow.encode(TEXT)).isNotEmpty();
      assertThat(fast.encode(TEXT)).isNotEmpty();
    }
    assertThat(ai.djl.engine.Engine.getAllEngines()).doesNotContain("PyTorch");
  }

  @Test
  void settingsFilesAreHonoured() throws IOException {
    Files.write(folder.resolve("tokenizer.model"), GoldenTokenizers.modelBytes());
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"add_bos_token": false, "added_tokens_decoder":
          {"70000": {"content": "<mark>", "lstrip": true, "rstrip": true, "special": true}}}
        """);
    Files.writeString(
        folder.resolve("special_tokens_map.json"), "{\"pad_token\": {\"content\": \"<mark>\"}}");
    try (Tokenizer tokenizer = TokenizerFiles.open(folder)) {
      assertThat(tokenizer.addsBos()).isFalse();
      assertThat(tokenizer.padId()).hasValue(70000);
      assertThat(tokenizer.isGenerable(70000)).isTrue(); // added, and no placeholder of an image
      assertThat(tokenizer.isGenerable(70001)).isFalse();
      assertThat(tokenizer.isGenerable(tokenizer.eosId())).isTrue();
      assertThat(tokenizer.encode("a  <mark>  b")).isEqualTo(tokenizer.encode("a<mark>b"));
      assertThat(tokenizer.encode("a<mark>")).endsWith(70000);
    }
  }

  @Test
  void brokenSettingsFilesAreNamed() throws IOException {
    Files.write(folder.resolve("tokenizer.model"), GoldenTokenizers.modelBytes());
    for (String wrong : List.of("[", "[]", "\"a\"")) {
      Files.writeString(folder.resolve("tokenizer_config.json"), wrong);
      assertThatThrownBy(() -> TokenizerFiles.open(folder))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("tokenizer_config.json");
    }
  }

  @Test
  void anEmptyFolderIsNamed() {
    assertThatThrownBy(() -> TokenizerFiles.open(folder))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("neither tokenizer.model nor tokenizer.json");
  }
}
