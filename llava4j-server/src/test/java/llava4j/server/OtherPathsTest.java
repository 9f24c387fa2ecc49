package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import llava4j.ChatRequest;
import llava4j.ChatResponse;
import llava4j.Llava;
import llava4j.generate.GenerationOptions;
import llava4j.generate.TextListener;
import llava4j.image.ImageSource;
import llava4j.server.engine.EngineLimits;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Ollama's API, completions, and what tells about the server.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OtherPathsTest {
  private static final GenerationOptions SHORT = GenerationOptions.greedy().withMaxNewTokens(10);

  private ServerFixture fixture;
  private String photo;
  private ChatResponse expected;

  @BeforeAll
  void start() throws Exception {
    fixture = new ServerFixture();
    photo = Base64.getEncoder().encodeToString(Files.readAllBytes(Client.photo()));
    expected =
        fixture.llava.answer(
            ChatRequest.of(
                    List.of(Llava.decode(new ImageSource.OfFile(Client.photo()))), "What is it?")
                .withOptions(SHORT));
  }

  @AfterAll
  void stop() {
    assertThat(fixture.failures).isEmpty();
    fixture.close();
  }

  @Test
  void ollamasChat() throws Exception {
    JsonNode formed =
        fixture
            .client
            .post(
                "/api/chat", ollamaChat("\"stream\":false,\"format\":{\"enum\":[[true],[false]]},"))
            .json();
    assertThat(formed.at("/message/content").asString().replace(" ", "")).isIn("[true]", "[false]");
    JsonNode reply = fixture.client.post("/api/chat", ollamaChat("\"stream\":false,")).json();

    assertThat(reply.at("/message/content").asString()).isEqualTo(expected.text());
    assertThat(reply.get("model").asString()).isEqualTo("original:latest");
    assertThat(reply.get("done").asBoolean()).isTrue();
    assertThat(reply.get("done_reason").asString()).isEqualTo("length");
    assertThat(reply.get("prompt_eval_count").asInt()).isEqualTo(expected.promptTokens());
    assertThat(reply.get("eval_count").asInt()).isEqualTo(expected.answerTokens());
  }

  @Test
  void ollamasChatStreamsByDefault() throws Exception {
    List<JsonNode> lines = lines("/api/chat", ollamaChat(""));

    assertThat(
            lines.stream()
                .map(line -> line.at("/message/content").asString())
                .collect(Collectors.joining()))
        .isEqualTo(expected.text());
    assertThat(lines.getLast().get("done").asBoolean()).isTrue();
  }

  @Test
  void ollamasGenerate() throws Exception {
    String body =
        "{\"model\":\"original:latest\",\"prompt\":\"What is it?\",\"images\":[\""
            + photo
            + "\"],\"options\":{\"num_predict\":10,\"num_ctx\":4096}";
    assertThat(
            fixture
                .client
                .post("/api/generate", body + ",\"stream\":false}")
                .json()
                .get("response")
                .asString())
        .isEqualTo(expected.text());
    assertThat(
            lines("/api/generate", body + "}").stream()
                .map(line -> line.get("response").asString())
                .collect(Collectors.joining()))
        .isEqualTo(expected.text());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/api/generate|{\"model\":\"original\"}",
        "/api/generate|{\"model\":\"original\",\"prompt\":\"\",\"keep_alive\":-1}",
        "/api/chat|{\"model\":\"original\",\"messages\":[]}",
        "/api/chat|{\"model\":\"original\",\"keep_alive\":\"5m\"}"
      })
  void ollamasClientsLoadAModelByAskingNothing(String path, String body) throws Exception {
    JsonNode reply = fixture.client.post(path, body).json();

    assertThat(reply.get("done").asBoolean()).isTrue();
    assertThat(reply.get("done_reason").asString()).isEqualTo("load");
    assertThat(reply.has(path.endsWith("chat") ? "message" : "response")).isTrue();
  }

  @Test
  void theOnlyModelStaysAlsoWithKeepAliveZero() throws Exception {
    JsonNode reply =
        fixture
            .client
            .post("/api/chat", "{\"model\":\"original\",\"messages\":[],\"keep_alive\":0}")
            .json();

    assertThat(reply.get("done_reason").asString()).isEqualTo("unload");
    assertThat(fixture.client.get("/v1/models").json().at("/data/0/loaded").asBoolean()).isTrue();
  }

  /// As if something were asked, so a mistake shows before it matters.
  @ParameterizedTest
  @ValueSource(strings = {"/api/chat", "/api/generate"})
  void whatAsksNothingIsCheckedAllTheSame(String path) throws Exception {
    String model = "{\"model\":\"original\",";

    assertThat(fixture.client.post(path, model + "\"format\":{\"typ\":1}}").text())
        .contains("format has what has no effect");
    assertThat(fixture.client.post(path, model + "\"options\":{\"temperature\":-1}}").text())
        .contains("options.temperature must be between");
    assertThat(fixture.client.post(path, model + "\"format\":\"json\"}").status()).isEqualTo(200);
  }

  @Test
  void theVocabularyIsNotShown() throws Exception {
    Client.Reply verbose =
        fixture.client.post("/api/show", "{\"model\":\"original\",\"verbose\":true}");

    assertThat(verbose.status()).isEqualTo(400);
    assertThat(verbose.text()).contains("verbose cannot be used");
    assertThat(
            fixture.client.post("/api/show", "{\"model\":\"original\",\"verbose\":false}").status())
        .isEqualTo(200);
  }

  /// A server without images cannot see.
  @Test
  void capabilitiesAreThoseOfTheServer() throws Exception {
    EngineLimits usual = ServerSettings.defaults().engine();
    EngineLimits blind =
        new EngineLimits(
            usual.running(), usual.queued(), usual.deadline(), 0, usual.pixels(), usual.fetch());
    try (ServerFixture without = new ServerFixture(ServerSettings.defaults().withEngine(blind))) {
      assertThat(capabilities(fixture)).containsOnly("[\"completion\",\"vision\",\"embedding\"]");
      assertThat(capabilities(without)).containsOnly("[\"completion\",\"embedding\"]");
    }
  }

  private static List<String> capabilities(ServerFixture of) throws Exception {
    return Stream.of(
            of.client.get("/v1/models").json().at("/data/0"),
            of.client.get("/v1/models/original").json(),
            of.client.get("/api/tags").json().at("/models/0"),
            of.client.post("/api/show", "{\"model\":\"original\"}").json())
        .map(model -> model.get("capabilities").toString())
        .toList();
  }

  @Test
  void ollamasLists() throws Exception {
    JsonNode tags = fixture.client.get("/api/tags").json();
    JsonNode shown = fixture.client.post("/api/show", "{\"model\":\"original\"}").json();

    assertThat(tags.at("/models/0/name").asString()).isEqualTo("original:latest");
    assertThat(shown.get("capabilities").valueStream().map(JsonNode::asString))
        .containsExactly("completion", "vision", "embedding");
    assertThat(shown.at("/model_info/llava.context_length").asInt()).isEqualTo(2048);
    assertThat(fixture.client.get("/api/version").json().get("version").asString()).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "400|{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}|model is missing",
        "400|{\"model\":\"original\",\"keep_alive\":[],\"messages\":[]}|keep_alive must be",
        "400|{\"model\":\"original\",\"options\":{\"num_ctx\":\"big\"},\"messages\":[]}|num_ctx must be a number",
        "404|{\"model\":\"other\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}|no model",
        "400|{\"model\":\"original\",\"format\":\"yaml\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}|json or a JSON Schema",
        "400|{\"model\":\"original\",\"tools\":[{}],\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}|call tools",
        "400|{\"model\":\"original\",\"options\":{\"mirostat\":2},\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}|mirostat",
        "400|{\"model\":\"original\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\",\"images\":[\"?\"]}]}|base64",
        "400|{\"model\":\"original\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\",\"images\":[\"AAAA\"]}]}|the image"
      })
  void ollamasErrors(int status, String body, String words) throws Exception {
    Client.Reply reply = fixture.client.post("/api/chat", body);

    assertThat(reply.json().get("error").asString()).contains(words);
    assertThat(reply.status()).isEqualTo(status);
  }

  @Test
  void aCompletionContinuesItsPromptAsItStands() throws Exception {
    String prompt = "Once upon a time";
    JsonNode reply =
        fixture
            .client
            .post(
                "/v1/completions",
                "{\"prompt\":\"" + prompt + "\",\"max_tokens\":10,\"logprobs\":1}")
            .json();

    ChatResponse direct = fixture.llava.complete(prompt, SHORT, TextListener.NONE, () -> false);
    assertThat(reply.at("/choices/0/text").asString())
        .isEqualTo(direct.answers().getFirst().text());
    assertThat(reply.at("/choices/0/logprobs/tokens")).hasSize(10);
    assertThat(reply.at("/usage/prompt_tokens").asInt())
        .isEqualTo(fixture.llava.tokenizer().encode(prompt, true).length);
    List<String> events =
        fixture.client.stream(
            "/v1/completions", "{\"prompt\":\"" + prompt + "\",\"max_tokens\":10,\"stream\":true}");
    assertThat(
            events.stream()
                .limit(events.size() - 1L)
                .map(event -> Client.json(event).at("/choices/0/text").asString())
                .collect(Collectors.joining()))
        .isEqualTo(direct.answers().getFirst().text());
  }

  @Test
  void modelsAndTokens() throws Exception {
    assertThat(fixture.client.get("/v1/models").json().at("/data/0/id").asString())
        .isEqualTo("original");
    assertThat(fixture.client.get("/v1/models/original").json().get("object").asString())
        .isEqualTo("model");
    JsonNode tokens = fixture.client.post("/tokenize", "{\"prompt\":\"Hi there\"}").json();
    assertThat(tokens.get("tokens").valueStream().mapToInt(JsonNode::asInt).toArray())
        .isEqualTo(fixture.llava.tokenizer().encode("Hi there", false));
  }

  @Test
  void healthAndMetrics() throws Exception {
    assertThat(fixture.client.get("/health").status()).isEqualTo(200);
    assertThat(fixture.client.get("/health/ready").status()).isEqualTo(200);
    fixture.client.post("/api/chat", ollamaChat("\"stream\":false,"));
    String metrics = fixture.client.get("/metrics").text();

    assertThat(metrics)
        .contains(
            "llava_ready{model=\"original\"} 1\n",
            "llava_requests_running{model=\"original\"} 0\n",
            "llava_requests_waiting{model=\"original\"} 0\n",
            "# TYPE llava_time_to_first_token_seconds histogram\n",
            "llava_inter_token_latency_seconds_bucket{model=\"original\",le=\"+Inf\"}",
            "llava_image_cache_hits_total",
            "llava_kv_cache_bytes",
            "llava_http_responses_total{status=\"200\"}");
    assertThat(metrics.lines().filter(line -> !line.startsWith("#")))
        .allMatch(line -> line.matches("[a-z_]+(\\{([a-z]+=\"[^\"]+\",?)+\\})? [0-9.]+"));
  }

  private String ollamaChat(String more) {
    return "{\"model\":\"original\","
        + more
        + "\"options\":{\"num_predict\":10},\"messages\":[{\"role\":\"user\",\"content\":\"What is it?\",\"images\":[\""
        + photo
        + "\"]}]}";
  }

  private List<JsonNode> lines(String path, String body) throws Exception {
    HttpResponse<Stream<String>> response =
        fixture
            .client
            .http()
            .send(
                fixture.client.to(path).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofLines());
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/x-ndjson");
    return response.body().map(Client::json).toList();
  }
}
