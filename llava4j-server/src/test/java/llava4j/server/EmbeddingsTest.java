package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import llava4j.Llava;
import llava4j.TextEmbedding;
import llava4j.image.fetch.FetchPolicy;
import llava4j.model.load.LoadProgress;
import llava4j.server.engine.Embedding;
import llava4j.server.engine.Engine;
import llava4j.server.engine.EngineLimits;
import llava4j.server.engine.LoadedSource;
import llava4j.server.engine.ModelSource;
import llava4j.server.engine.Models;
import llava4j.server.request.Refusal;
import llava4j.text.tokenizer.Tokenizer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// `/v1/embeddings`: those of the Java API, in OpenAI's form.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EmbeddingsTest {
  private static final String PATH = "/v1/embeddings";
  private static final String TEXT = "A cat sits on a mat.";

  private ServerFixture fixture;
  private TextEmbedding expected;

  @BeforeAll
  void start() {
    fixture = new ServerFixture();
    expected = fixture.llava.embed(TEXT);
  }

  @AfterAll
  void stop() {
    assertThat(fixture.failures).isEmpty();
    fixture.close();
  }

  @Test
  void aTextAndSeveralAndTheirTokens() throws Exception {
    String tokens =
        Arrays.stream(fixture.llava.plainTokens(TEXT))
            .mapToObj(String::valueOf)
            .collect(Collectors.joining(",", "[", "]"));
    JsonNode one = post("\"" + TEXT + "\"").json();
    JsonNode several = post("[\"Hi\",\"" + TEXT + "\"]").json();

    assertThat(floats(one.at("/data/0/embedding"))).isEqualTo(expected.values());
    assertThat(one.at("/usage/prompt_tokens").asInt()).isEqualTo(expected.tokens());
    assertThat(one.at("/model").asString()).isEqualTo("original");
    assertThat(several.get("data")).hasSize(2);
    assertThat(floats(several.at("/data/1/embedding"))).isEqualTo(expected.values());
    assertThat(several.at("/data/1/index").asInt()).isEqualTo(1);
    assertThat(floats(several.at("/data/0/embedding"))).isNotEqualTo(expected.values());
    assertThat(floats(post(tokens).json().at("/data/0/embedding"))).isEqualTo(expected.values());
    assertThat(floats(post("[[1,5]," + tokens + "]").json().at("/data/1/embedding")))
        .isEqualTo(expected.values());
  }

  @Test
  void theSameInOllamasForm() throws Exception {
    JsonNode one = ollama("\"" + TEXT + "\"").json();
    JsonNode several = ollama("[\"Hi\",\"" + TEXT + "\"],\"keep_alive\":\"5m\"").json();

    assertThat(one.at("/model").asString()).isEqualTo("original:latest");
    assertThat(one.at("/embeddings")).hasSize(1);
    assertThat(floats(one.at("/embeddings/0"))).isEqualTo(expected.values());
    assertThat(one.at("/prompt_eval_count").asInt()).isEqualTo(expected.tokens());
    assertThat(one.at("/total_duration").asLong()).isPositive();
    assertThat(several.at("/embeddings")).hasSize(2);
    assertThat(floats(several.at("/embeddings/1"))).isEqualTo(expected.values());
    assertThat(ollama("\"\"").json().at("/embeddings")).isEmpty();
    assertThat(ollama("[]").json().at("/embeddings")).isEmpty();
  }

  /// As Ollama does, unless it is told not to.
  @Test
  void aTextBeyondTheContextIsCutInOllamasForm() throws Exception {
    int context = fixture.llava.model().config().contextLength();
    String text = "\"" + "cat ".repeat(2 * context) + "\"";
    JsonNode cut = ollama(text).json();

    assertThat(cut.at("/prompt_eval_count").asInt()).isEqualTo(context);
    Client.Reply whole = ollama(text + ",\"truncate\":false");
    assertThat(whole.status()).isEqualTo(400);
    assertThat(whole.json().at("/error").asString()).contains("context");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"model\":\"original\"} | input",
        "{\"input\":\"a\"} | model",
        "{\"model\":\"original\",\"input\":5} | a text or a list of texts",
        "{\"model\":\"original\",\"input\":[\"a\",\"\"]} | input[1]",
        "{\"model\":\"original\",\"input\":[1,2]} | input[0]",
        "{\"model\":\"original\",\"input\":\"a\",\"dimensions\":3} | dimensions",
        "{\"model\":\"original\",\"input\":\"a\",\"options\":{\"top_k\":3}} | options.top_k",
        "{\"model\":\"original\",\"input\":\"a\",\"prompt\":\"b\"} | prompt"
      })
  void whatOllamasFormDoesNotTakeIsNamed(String body, String named) throws Exception {
    Client.Reply reply = fixture.client.post("/api/embed", body);
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.json().at("/error").asString()).contains(named);
  }

  private Client.Reply ollama(String input) throws Exception {
    return fixture.client.post("/api/embed", "{\"model\":\"original\",\"input\":" + input + "}");
  }

  @Test
  void theSameAsBase64() throws Exception {
    String text =
        fixture
            .client
            .post(PATH, "{\"encoding_format\":\"base64\",\"input\":\"" + TEXT + "\"}")
            .json()
            .at("/data/0/embedding")
            .asString();
    float[] values = new float[expected.values().length];
    ByteBuffer.wrap(Base64.getDecoder().decode(text))
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(values);

    assertThat(values).isEqualTo(expected.values());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "400|{}|input is missing",
        "400|{\"input\":\"\"}|not empty",
        "400|{\"input\":[]}|1 to 2048 texts",
        "400|{\"input\":[\"a\",7]}|input[1] must be",
        "400|{\"input\":[\"a\",\"\"]}|input[1] must be",
        "400|{\"input\":[1.5]}|list of tokens",
        "400|{\"input\":[[1],[99999999]]}|input[1]: there is no token 99999999",
        "400|{\"input\":[-1]}|there is no token -1",
        "400|{\"input\":{}}|input must be a text, a list of texts",
        "400|{\"input\":\"a\",\"encoding_format\":\"hex\"}|float or base64",
        "400|{\"input\":\"a\",\"dimensions\":3}|dimensions can be 256 only",
        "400|{\"input\":\"a\",\"truncate\":true}|no field truncate",
        "404|{\"input\":\"a\",\"model\":\"text-embedding-3-small\"}|no model"
      })
  void whatCannotBeEmbeddedIsNamed(int status, String body, String words) throws Exception {
    Client.Reply reply = fixture.client.post(PATH, body);

    assertThat(reply.error()).contains(words).doesNotContain("\n");
    assertThat(reply.status()).isEqualTo(status);
  }

  @Test
  void aTextBeyondTheContext() throws Exception {
    Client.Reply reply = post("[\"a\",\"" + "word ".repeat(5000) + "\"]");

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error()).startsWith("input[1]: ").contains("too many for the context of 2048");
  }

  @Test
  void anAnswerHasOnlySoManyNumbers() throws Exception {
    ModelSource wide = new Wide(new LoadedSource("wide", fixture.llava));
    try (ServerFixture large =
        new ServerFixture(List.of(wide), ServerSettings.defaults(), () -> Long.MAX_VALUE)) {
      String texts = "[\"a\"" + ",\"a\"".repeat(976) + "]";
      Client.Reply reply = large.client.post(PATH, "{\"input\":" + texts + "}");

      assertThat(reply.error())
          .isEqualTo("input must have 1 to 976 texts, not 977; send the others in another request");
      assertThat(reply.status()).isEqualTo(400);
    }
  }

  @Test
  void whatIsDroppedIsToldAtOnceAndFreesItsPlace() throws Exception {
    EngineLimits limits =
        new EngineLimits(1, 1, Duration.ofMinutes(1), 8, 1_000_000, FetchPolicy.withoutUrls());
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    try (Models models = models(limits)) {
      Engine engine = models.first();
      Embedding slow =
          engine.embed(
              List.of(llava -> {
                begun.countDown();
                awaitUninterruptibly(gate);
                return llava.plainTokens(TEXT);
              }),
              "");
      begun.await();
      Embedding left = engine.embed(List.of(llava -> llava.plainTokens(TEXT)), "");
      assertThat(engine.running()).isEqualTo(1);
      assertThat(engine.queued()).isEqualTo(1);
      left.cancel();
      assertThat(engine.queued()).isZero();
      assertThat(refusal(left)).isEqualTo(Refusal.Reason.CLIENT_GONE);

      Embedding dropped = engine.embed(List.of(llava -> llava.plainTokens(TEXT)), "");
      models.refuseAll();
      assertThat(refusal(dropped)).isEqualTo(Refusal.Reason.UNAVAILABLE);
      gate.countDown();
      assertThat(slow.await().getFirst().values()).isEqualTo(expected.values());
      assertThat(engine.running()).isZero();
    }
  }

  @Test
  void fullMemoryIsNoBug() {
    try (Models models = models(ServerSettings.defaults().engine())) {
      Embedding work =
          models
              .first()
              .embed(
                  List.of(_ -> {
                    throw new OutOfMemoryError("Java heap space");
                  }),
                  "");

      assertThatThrownBy(work::await)
          .hasMessage("the server's memory is full; send fewer texts or try again later");
      assertThat(refusal(work)).isEqualTo(Refusal.Reason.UNAVAILABLE);
    }
  }

  @Test
  void embeddedTextsAreCounted() throws Exception {
    double before = metric("llava_prompt_tokens_total");
    double requests = metric("llava_request_duration_seconds_count");
    post("\"" + TEXT + "\"");

    assertThat(metric("llava_prompt_tokens_total") - before).isEqualTo(expected.tokens());
    assertThat(metric("llava_request_duration_seconds_count") - requests).isEqualTo(1);
  }

  private double metric(String name) throws Exception {
    String start = name + "{model=\"original\"} ";
    return fixture
        .client
        .get("/metrics")
        .text()
        .lines()
        .filter(line -> line.startsWith(start))
        .mapToDouble(line -> Double.parseDouble(line.substring(start.length())))
        .findFirst()
        .orElseThrow();
  }

  private Models models(EngineLimits limits) {
    Models models =
        new Models(
            List.of(new LoadedSource("original", fixture.llava)),
            limits,
            () -> Long.MAX_VALUE,
            _ -> {});
    models.warmUp();
    return models;
  }

  private static void awaitUninterruptibly(CountDownLatch gate) {
    boolean interrupted = false;
    while (gate.getCount() > 0) {
      try {
        gate.await();
      } catch (InterruptedException _) {
        interrupted = true; // the engine is being stopped
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static Refusal.Reason refusal(Embedding work) {
    return assertThatExceptionOfType(Refusal.class).isThrownBy(work::await).actual().reason();
  }

  @Test
  void clientsOfOthers() {
    OpenAIClient openai =
        OpenAIOkHttpClient.builder()
            .baseUrl("http://127.0.0.1:" + fixture.server.port() + "/v1")
            .apiKey("none")
            .maxRetries(0)
            .responseValidation(true)
            .build();
    CreateEmbeddingResponse response =
        openai
            .embeddings()
            .create(EmbeddingCreateParams.builder().model("original").input(TEXT).build());
    openai.close();
    OpenAiEmbeddingModel langChain =
        OpenAiEmbeddingModel.builder()
            .baseUrl("http://127.0.0.1:" + fixture.server.port() + "/v1")
            .apiKey("none")
            .modelName("original")
            .build();

    assertThat(response.data().getFirst().embedding()).isEqualTo(boxed(expected.values()));
    assertThat(langChain.embedAll(List.of(TextSegment.from(TEXT))).content().getFirst().vector())
        .isEqualTo(expected.values());
  }

  private Client.Reply post(String input) throws Exception {
    return fixture.client.post(PATH, "{\"model\":\"original\",\"input\":" + input + "}");
  }

  private static float[] floats(JsonNode list) {
    float[] values = new float[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.get(i).floatValue();
    }
    return values;
  }

  private static List<Float> boxed(float[] values) {
    List<Float> boxed = new ArrayList<>();
    for (float value : values) {
      boxed.add(value);
    }
    return boxed;
  }

  /// A model that says to be as wide as one with 7 billion weights.
  private record Wide(ModelSource model) implements ModelSource {
    @Override
    public String name() {
      return model.name();
    }

    @Override
    public Facts facts() {
      return new Facts(2048, 4096, 32, 0, 0);
    }

    @Override
    public Tokenizer tokenizer() {
      return model.tokenizer();
    }

    @Override
    public Llava load(LoadProgress progress) {
      return model.load(progress);
    }

    @Override
    public boolean isOwned() {
      return false;
    }
  }
}
