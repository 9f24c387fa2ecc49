package llava4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import llava4j.generate.GenerationOptions;
import llava4j.golden.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A model's end, and that of one whose loading fails.
class CloseTest {
  private static final ChatRequest REQUEST =
      ChatRequest.of(List.of(), "What is it?")
          .withOptions(GenerationOptions.greedy().withMaxNewTokens(20));

  @Test
  void closingWaitsForTheRunningRequestAndRefusesTheNext() throws Exception {
    Llava llava = Llava.load(Golden.path("original"));
    String expected = llava.answer(REQUEST).text();
    CountDownLatch speaking = new CountDownLatch(1);
    CountDownLatch mayGoOn = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<String> answer =
          threads.submit(() ->
              llava
                  .answer(
                      REQUEST,
                      (_, _) -> {
                        speaking.countDown();
                        await(mayGoOn);
                      },
                      () -> false)
                  .text());
      assertThat(speaking.await(60, TimeUnit.SECONDS)).as("the answer began").isTrue();
      Future<?> closing = threads.submit(llava::close);
      assertThatThrownBy(() -> closing.get(200, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      mayGoOn.countDown();
      assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo(expected);
      closing.get(60, TimeUnit.SECONDS);
    }
    assertThatThrownBy(() -> llava.answer(REQUEST))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThatThrownBy(() -> llava.answerAll(List.of(REQUEST), GenerationOptions.greedy()))
        .isInstanceOf(IllegalStateException.class);
    llava.close(); // again, as try-with-resources around an explicit call does
  }

  @Test
  void anAnswerCannotCloseItsOwnModel() {
    Llava llava = Llava.load(Golden.path("original"));
    assertThatThrownBy(() -> llava.answer(REQUEST, (_, _) -> llava.close(), () -> false))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("its own answer");
    assertThat(llava.answer(REQUEST).text()).isNotNull();
    llava.close();
  }

  /// What is broken in a copy of a checkpoint of several shards.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "preprocessor_config.json",
        "generation_config.json",
        "tokenizer_config.json",
        "tokenizer.model",
        "last shard"
      })
  void aFailingLoadLeavesNoFileMapped(String broken, @TempDir Path folder) throws IOException {
    try (Stream<Path> files = Files.list(Golden.path("hf_gqa"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        broken.equals("last shard") ? lastShard(folder) : folder.resolve(broken), "{ broken");
    assertThatThrownBy(() -> Llava.load(folder)).isInstanceOf(BadInputException.class);
    assertThat(mapped(folder)).isEmpty();
  }

  @Test
  void aModelThatDoesNotFitItsConfigurationLeavesNoFileMapped(@TempDir Path folder)
      throws IOException {
    try (Stream<Path> files = Files.list(Golden.path("hf_gqa"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    Path config = folder.resolve("config.json");
    String text = Files.readString(config);
    String changed =
        text.replaceFirst("\"num_hidden_layers\": *(\\d+)", "\"num_hidden_layers\": 2$1");
    assertThat(changed).isNotEqualTo(text);
    Files.writeString(config, changed);
    assertThatThrownBy(() -> Llava.load(folder)).isInstanceOf(BadInputException.class);
    assertThat(mapped(folder)).isEmpty();
  }

  private static Path lastShard(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> shards =
          files.filter(file -> file.toString().endsWith(".safetensors")).sorted().toList();
      assertThat(shards).hasSizeGreaterThan(1);
      return shards.getLast();
    }
  }

  private static List<String> mapped(Path folder) throws IOException {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.filter(line -> line.contains(folder.toString())).toList();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
