package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.image.fetch.FetchPolicy;
import llava4j.model.load.LoadProgress;
import llava4j.server.engine.CheckpointSource;
import llava4j.server.engine.EngineLimits;
import llava4j.server.engine.ModelSource;
import llava4j.text.tokenizer.Tokenizer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Several models in one process: found by name, loaded when they are asked, unloaded for others.
class SeveralModelsTest {
  private static final String CHAT = "/v1/chat/completions";

  private final AtomicInteger loading = new AtomicInteger();
  private final AtomicInteger mostLoading = new AtomicInteger();
  private final Map<String, CountDownLatch> gates = new ConcurrentHashMap<>();
  private ServerFixture fixture;

  @AfterEach
  void stop() {
    if (fixture != null) {
      fixture.close();
    }
  }

  @Test
  void allAreListedAndOnlyTheFirstIsLoaded() throws Exception {
    start(SeveralModelsTest::plenty, "first", "second");
    var models = fixture.client.get("/v1/models").json().at("/data");

    assertThat(models.findValuesAsString("id")).containsExactly("first", "second");
    assertThat(models.findValuesAsString("loaded")).containsExactly("true", "false");
    assertThat(models.get(1).get("context_length").asInt()).isPositive();
    assertThat(models.get(1).get("capabilities").toString())
        .isEqualTo("[\"completion\",\"vision\",\"embedding\"]");
    assertThat(fixture.client.get("/api/tags").json().at("/models").findValuesAsString("name"))
        .containsExactly("first:latest", "second:latest");
    assertThat(
            fixture
                .client
                .post("/api/show", "{\"model\":\"second\"}")
                .json()
                .at("/model_info/llava.context_length")
                .asInt())
        .isPositive();
    assertThat(fixture.client.get("/v1/models/second").json().get("loaded").asBoolean()).isFalse();
    assertThat(fixture.client.get("/metrics").text())
        .contains("llava_model_loaded{model=\"first\"} 1\n")
        .contains("llava_model_loaded{model=\"second\"} 0\n");
  }

  @Test
  void aModelIsLoadedByItsFirstQuestionAndAnswersAsAlone() throws Exception {
    start(SeveralModelsTest::plenty, "first", "second");
    String question =
        Client.chat(",\"max_tokens\":8,", "What is it?", Client.dataUri(Client.photo()))
            .substring(2);
    Client.Reply first = fixture.client.post(CHAT, "{" + question);
    Client.Reply second = fixture.client.post(CHAT, "{\"model\":\"second\"," + question);

    assertThat(second.status()).isEqualTo(200);
    assertThat(second.json().get("model").asString()).isEqualTo("second");
    assertThat(second.content()).isEqualTo(first.content()).isNotEmpty();
    assertThat(fixture.notes).anyMatch(note -> note.matches("second is loaded \\(\\d+\\.\\d s\\)"));
    assertThat(
            fixture
                .client
                .post(
                    "/api/generate",
                    "{\"model\":\"second:latest\",\"prompt\":\"Hi\",\"stream\":false}")
                .json()
                .get("model")
                .asString())
        .isEqualTo("second:latest");
    Client.Reply unknown = fixture.client.post(CHAT, "{\"model\":\"third\"," + question);
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.error())
        .isEqualTo("there is no model 'third' here; ask for 'first' or 'second'");
    assertThat(fixture.client.post("/tokenize", "{\"model\":\"third\",\"prompt\":\"a\"}").status())
        .isEqualTo(404);
  }

  @Test
  void theOneAskedLongestAgoMakesRoom() throws Exception {
    start(SeveralModelsTest::forOneModel, "first", "second", "third");
    assertThat(ask("second").status()).isEqualTo(200);
    assertThat(loaded()).containsExactly("second");
    assertThat(ask("third").status()).isEqualTo(200);
    assertThat(ask("first").status()).isEqualTo(200);

    assertThat(loaded()).containsExactly("first");
    assertThat(fixture.notes)
        .contains(
            "first is unloaded, to make room for second",
            "second is unloaded, to make room for third");
    assertThat(fixture.client.get("/metrics").text())
        .contains("llava_model_loads_total{model=\"first\"} 2\n")
        .contains("llava_image_cache_misses_total{model=\"first\"} 1\n"); // that of the warm-up
    assertThat(
            fixture
                .client
                .post("/tokenize", "{\"model\":\"second\",\"prompt\":\"a\"}")
                .json()
                .get("count")
                .asInt())
        .as("a tokenizer needs no model in memory")
        .isPositive();
    assertThat(loaded()).containsExactly("first");
  }

  @Test
  void aModelThatIsAnsweringStays() throws Exception {
    start(SeveralModelsTest::forOneModel, "first", "second");
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<Client.Reply> longAnswer =
          threads.submit(() ->
              fixture.client.post(
                  CHAT,
                  body("first", 300)
                      .replace("{\"model", "{\"n\":8,\"temperature\":1,\"seed\":1,\"model")));
      until(() -> fixture.server.unanswered() == 1);
      Future<Client.Reply> other = threads.submit(() -> ask("second"));
      until(() -> fixture.server.unanswered() == 2 && isAnswering("first"));
      int looks = 0;
      // An answer is on its way to the client for a while after its model has let go of it.
      for (List<String> now = loaded(); isAnswering("first"); now = loaded()) {
        assertThat(now).as("while it answers").containsExactly("first");
        looks++;
      }
      assertThat(looks).as("looks during the long answer").isPositive();

      assertThat(longAnswer.get(60, TimeUnit.SECONDS).json().at("/usage/completion_tokens").asInt())
          .isGreaterThan(100);
      assertThat(other.get(60, TimeUnit.SECONDS).status()).isEqualTo(200);
      assertThat(loaded()).containsExactly("second");
      assertThat(fixture.failures).isEmpty();
    }
  }

  @Test
  void manyAskForBothAndEachGetsAnAnswer() throws Exception {
    start(SeveralModelsTest::forOneModel, "first", "second", "third");
    try (ExecutorService threads = Executors.newFixedThreadPool(12)) {
      List<Future<Client.Reply>> replies =
          IntStream.range(0, 24)
              .mapToObj(
                  i -> threads.submit(() -> ask(List.of("first", "second", "third").get(i % 3))))
              .toList();
      for (Future<Client.Reply> reply : replies) {
        assertThat(reply.get(120, TimeUnit.SECONDS).status()).isEqualTo(200);
      }
    }
    assertThat(mostLoading.get()).as("loaded at the same time").isEqualTo(1);
    assertThat(loaded()).hasSize(1);
    assertThat(fixture.failures).isEmpty();
  }

  @Test
  void whoWaitsForAModelHasADeadline() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    gates.put("second", gate);
    start(
        SeveralModelsTest::plenty,
        ServerSettings.defaults()
            .withEngine(
                new EngineLimits(
                    4, 4, Duration.ofMillis(700), 8, 1_000_000, FetchPolicy.withoutUrls())),
        "first",
        "second");
    assertThat(ask("second").status()).isEqualTo(504);
    assertThat(ask("second").status()).isEqualTo(504);
    assertThat(ask("first").status()).as("others are answered").isEqualTo(200);
    gate.countDown();
    until(() -> loaded().contains("second"));
    assertThat(ask("second").status()).isEqualTo(200);
    assertThat(fixture.becomesIdle(Duration.ofSeconds(2))).isTrue();
  }

  @Test
  void aModelThatCannotBeLoadedIsNoMistakeOfTheClient() throws Exception {
    ModelSource broken =
        new Gated("broken") {
          @Override
          public Llava load(LoadProgress progress) {
            throw new BadInputException("/secret/place is gone; bring it back");
          }
        };
    fixture =
        new ServerFixture(
            List.of(new Gated("first"), broken),
            ServerSettings.defaults(),
            SeveralModelsTest::plenty);
    Client.Reply reply = ask("broken");

    assertThat(reply.status()).isEqualTo(503);
    assertThat(reply.error())
        .isEqualTo("the model 'broken' cannot be loaded; the server's log says why");
    assertThat(fixture.notes)
        .contains("broken cannot be loaded: /secret/place is gone; bring it back");
    assertThat(ask("first").status()).isEqualTo(200);
  }

  @Test
  void aTokenizerThatCannotBeReadIsNoMistakeOfTheClient() throws Exception {
    ModelSource broken =
        new Gated("broken") {
          @Override
          public Tokenizer tokenizer() {
            throw new BadInputException("/secret/place is gone; bring it back");
          }
        };
    fixture =
        new ServerFixture(
            List.of(new Gated("first"), broken),
            ServerSettings.defaults(),
            SeveralModelsTest::plenty);
    Client.Reply tokens =
        fixture.client.post("/tokenize", "{\"model\":\"broken\",\"prompt\":\"a\"}");

    for (Client.Reply reply : List.of(ask("broken"), tokens)) {
      assertThat(reply.error())
          .isEqualTo("the model 'broken' cannot be loaded; the server's log says why");
      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.response().headers().firstValue("Retry-After")).hasValue("30");
    }
    assertThat(fixture.notes)
        .contains("broken cannot be loaded: /secret/place is gone; bring it back");
  }

  @Test
  void aModelThatCannotBeLoadedDoesNotDriveOutTheOthersAgainAndAgain() throws Exception {
    AtomicInteger tries = new AtomicInteger();
    ModelSource broken =
        new Gated("broken") {
          @Override
          public Llava load(LoadProgress progress) {
            tries.incrementAndGet();
            throw new BadInputException("the file is gone; bring it back");
          }
        };
    fixture =
        new ServerFixture(
            List.of(new Gated("first"), broken),
            ServerSettings.defaults(),
            SeveralModelsTest::forOneModel);
    assertThat(ask("broken").status()).isEqualTo(503);
    assertThat(ask("first").status()).isEqualTo(200);

    assertThat(ask("broken").status()).isEqualTo(503);
    assertThat(loaded()).containsExactly("first");
    assertThat(tries.get()).isEqualTo(1);
  }

  @Test
  void keepAliveZeroUnloadsAndNeverLoads() throws Exception {
    start(SeveralModelsTest::plenty, "first", "second");
    assertThat(emptied("second", "0")).isEqualTo("unload");
    assertThat(loaded()).containsExactly("first");
    assertThat(emptied("second", "\"5m\"")).isEqualTo("load");
    assertThat(loaded()).containsExactly("first", "second");
    assertThat(emptied("second", "\"0s\"")).isEqualTo("unload");
    assertThat(loaded()).containsExactly("first");
    assertThat(ask("second").status()).isEqualTo(200);
    assertThat(fixture.notes).contains("second is unloaded, as a client asked");
  }

  /// The `done_reason` of a request without a prompt.
  private String emptied(String model, String keepAlive) throws Exception {
    String body = "{\"model\":\"" + model + "\",\"keep_alive\":" + keepAlive + "}";
    return fixture.client.post("/api/generate", body).json().get("done_reason").asString();
  }

  @Test
  void namesAreDifferent() {
    assertThatThrownBy(() -> start(SeveralModelsTest::plenty, "same", "same"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("two models are called same");
  }

  /// Counts loads at the same time, and may have to wait for a gate.
  private class Gated implements ModelSource {
    private final ModelSource files;

    Gated(String name) {
      Path folder = Golden.path("original");
      this.files =
          new CheckpointSource(
              Optional.of(name),
              () ->
                  new CheckpointOpener(LoadOptions.defaults().checkpoint()).open(folder.toString()),
              LoadOptions.defaults(),
              _ -> {});
    }

    @Override
    public String name() {
      return files.name();
    }

    @Override
    public Facts facts() {
      return files.facts();
    }

    @Override
    public Tokenizer tokenizer() {
      return files.tokenizer();
    }

    @Override
    public boolean isOwned() {
      return true;
    }

    @Override
    public Llava load(LoadProgress progress) {
      mostLoading.accumulateAndGet(loading.incrementAndGet(), Math::max);
      try {
        CountDownLatch gate = gates.get(name());
        if (gate != null) {
          gate.await();
        }
        return files.load(progress);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      } finally {
        loading.decrementAndGet();
      }
    }
  }

  private static long plenty() {
    return Long.MAX_VALUE;
  }

  /// Whatever is loaded has to go before the next.
  private static long forOneModel() {
    return 0;
  }

  private void start(LongSupplier memory, String... names) {
    start(memory, ServerSettings.defaults(), names);
  }

  private void start(LongSupplier memory, ServerSettings settings, String... names) {
    List<ModelSource> sources = Arrays.stream(names).<ModelSource>map(Gated::new).toList();
    fixture = new ServerFixture(sources, settings, memory);
  }

  private Client.Reply ask(String model) throws IOException, InterruptedException {
    return fixture.client.post(CHAT, body(model, 2));
  }

  private static String body(String model, int tokens) {
    return "{\"model\":\""
        + model
        + "\",\"max_tokens\":"
        + tokens
        + ",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  }

  private boolean isAnswering(String model) throws IOException, InterruptedException {
    String gauge = "llava_requests_running{model=\"" + model + "\"} 1\n";
    return fixture.client.get("/metrics").text().contains(gauge);
  }

  private List<String> loaded() throws IOException, InterruptedException {
    List<String> names = new ArrayList<>();
    fixture
        .client
        .get("/v1/models")
        .json()
        .at("/data")
        .forEach(model -> {
          if (model.get("loaded").asBoolean()) {
            names.add(model.get("id").asString());
          }
        });
    return names;
  }

  private interface Condition {
    boolean holds() throws IOException, InterruptedException;
  }

  private static void until(Condition condition) throws IOException, InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      Thread.sleep(5);
    }
  }
}
