package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseInputImage;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import llava4j.ChatRequest;
import llava4j.Llava;
import llava4j.generate.GenerationOptions;
import llava4j.image.ImageSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// `/v1/responses`: the cases of Open Responses' compliance suite that need no tools, and OpenAI's
/// own client, which checks the shape of every answer and event.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ResponsesTest {
  private static final String PATH = "/v1/responses";
  private static final String QUESTION = "What is in this image?";

  /// What Open Responses wants every response to have.
  private static final Set<String> FIELDS =
      Set.of(
          "id",
          "object",
          "created_at",
          "completed_at",
          "status",
          "incomplete_details",
          "model",
          "previous_response_id",
          "instructions",
          "output",
          "error",
          "tools",
          "tool_choice",
          "truncation",
          "parallel_tool_calls",
          "text",
          "top_p",
          "presence_penalty",
          "frequency_penalty",
          "top_logprobs",
          "temperature",
          "reasoning",
          "usage",
          "max_output_tokens",
          "max_tool_calls",
          "store",
          "background",
          "service_tier",
          "metadata",
          "safety_identifier",
          "prompt_cache_key");

  private ServerFixture fixture;
  private OpenAIClient openai;
  private String expected;

  @BeforeAll
  void start() {
    fixture = new ServerFixture();
    openai =
        OpenAIOkHttpClient.builder()
            .baseUrl("http://127.0.0.1:" + fixture.server.port() + "/v1")
            .apiKey("none")
            .maxRetries(0)
            .responseValidation(true)
            .build();
    expected =
        fixture
            .llava
            .answer(
                ChatRequest.of(
                        List.of(Llava.decode(new ImageSource.OfFile(Client.photo()))), QUESTION)
                    .withOptions(GenerationOptions.greedy().withMaxNewTokens(12)))
            .text();
  }

  @AfterAll
  void stop() {
    openai.close();
    assertThat(fixture.failures).isEmpty();
    fixture.close();
  }

  /// A model of random weights need not end by itself, so the form of the answer ends it.
  private static final String SHORT =
      "\"model\":\"original\",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"x\",\"schema\":{\"enum\":[\"yes\"]}}},";

  static Stream<Arguments> conformance() throws Exception {
    return Stream.of(
        Arguments.of("basic-response", item("user", "\"Say hello in exactly 3 words.\"")),
        Arguments.of(
            "system-prompt",
            item("system", "\"You are a pirate. Always respond in pirate speak.\"")
                + ","
                + item("user", "\"Say hello.\"")),
        Arguments.of(
            "assistant-phase",
            item("user", "\"Which number did I save?\"")
                + ",{\"type\":\"message\",\"role\":\"assistant\",\"phase\":\"final_answer\",\"content\":\"Four.\"},"
                + item("user", "\"Repeat only the number.\"")),
        Arguments.of(
            "image-input",
            item(
                "user",
                "[{\"type\":\"input_text\",\"text\":\"What do you see in this image? Answer in one sentence.\"},"
                    + image()
                    + "]")),
        Arguments.of(
            "multi-turn",
            item("user", "\"My name is Alice.\"")
                + ","
                + item("assistant", "\"Hello Alice! Nice to meet you. How can I help you today?\"")
                + ","
                + item("user", "\"What is my name?\"")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("conformance")
  void openResponsesCases(String name, String items) throws Exception {
    Client.Reply reply = fixture.client.post(PATH, "{" + SHORT + "\"input\":[" + items + "]}");

    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    requireWhole(reply.json(), "completed");
    assertThat(reply.json().at("/output/0/content/0/text").asString()).isEqualTo("\"yes\"");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("conformance")
  void openResponsesCasesAsStreams(String name, String items) throws Exception {
    List<JsonNode> events = events("{" + SHORT + "\"stream\":true,\"input\":[" + items + "]}");

    assertThat(types(events))
        .startsWith(
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta")
        .endsWith(
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed");
    for (int i = 0; i < events.size(); i++) {
      assertThat(events.get(i).get("sequence_number").asInt()).isEqualTo(i);
    }
    assertThat(deltas(events)).isEqualTo("\"yes\"");
    requireWhole(events.getLast().get("response"), "completed");
    assertThat(events.getFirst().at("/response/status").asString()).isEqualTo("in_progress");
  }

  /// Compacting and WebSockets need stored responses. Who asks for them hears so and can go on.
  @Test
  void whatNeedsStoredResponsesIsNotThere() throws Exception {
    Client.Reply compacted =
        fixture.client.post(PATH + "/compact", "{\"model\":\"original\",\"input\":\"Hi\"}");
    assertThat(compacted.status()).isEqualTo(404);
    assertThat(compacted.json().at("/error/type").asString()).isEqualTo("not_found_error");

    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), fixture.server.port())) {
      socket.setSoTimeout(10_000);
      String upgrade =
          """
          GET /v1/responses HTTP/1.1
          Host: 127.0.0.1
          Connection: Upgrade
          Upgrade: websocket
          Sec-WebSocket-Version: 13
          Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==

          """;
      socket
          .getOutputStream()
          .write(upgrade.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
      assertThat(answer).isEqualTo("HTTP/1.1 405");
    }
    assertThat(fixture.client.get("/health").status()).isEqualTo(200);
  }

  private static void requireWhole(JsonNode response, String status) {
    assertThat(response.propertyNames()).containsAll(FIELDS);
    assertThat(response.get("object").asString()).isEqualTo("response");
    assertThat(response.get("status").asString()).isEqualTo(status);
    assertThat(response.at("/output/0/type").asString()).isEqualTo("message");
    assertThat(response.at("/output/0/status").asString()).isEqualTo(status);
    assertThat(response.get("store").asBoolean()).isFalse();
  }

  @Test
  void anAnswerIsThatOfTheJavaApiAndSaysWhenItIsCut() throws Exception {
    String body =
        "{\"max_output_tokens\":12,\"input\":["
            + item(
                "user", "[{\"type\":\"input_text\",\"text\":\"" + QUESTION + "\"}," + image() + "]")
            + "]";
    JsonNode whole = fixture.client.post(PATH, body + "}").json();
    List<JsonNode> events = events(body + ",\"stream\":true}");

    assertThat(whole.at("/output/0/content/0/text").asString()).isEqualTo(expected).isNotEmpty();
    requireWhole(whole, "incomplete");
    assertThat(whole.at("/incomplete_details/reason").asString()).isEqualTo("max_output_tokens");
    assertThat(whole.at("/usage/output_tokens").asInt()).isEqualTo(12);
    assertThat(whole.at("/usage/input_tokens_details/image_tokens").asInt()).isPositive();
    assertThat(deltas(events)).isEqualTo(expected);
    assertThat(types(events)).last().isEqualTo("response.incomplete");
  }

  @Test
  void instructionsAreASystemMessage() throws Exception {
    String more = "{\"max_output_tokens\":9,\"temperature\":0,";
    JsonNode first =
        fixture
            .client
            .post(
                PATH,
                more
                    + "\"instructions\":\"Be brief.\",\"input\":\"Hi\",\"metadata\":{\"a\":\"b\"},\"user\":\"me\"}")
            .json();
    JsonNode second =
        fixture
            .client
            .post(
                PATH,
                more
                    + "\"input\":["
                    + item("system", "\"Be brief.\"")
                    + ","
                    + item("user", "\"Hi\"")
                    + "]}")
            .json();
    JsonNode without = fixture.client.post(PATH, more + "\"input\":\"Hi\"}").json();

    assertThat(first.at("/output/0/content")).isEqualTo(second.at("/output/0/content"));
    assertThat(first.at("/output/0/content")).isNotEqualTo(without.at("/output/0/content"));
    assertThat(first.get("instructions").asString()).isEqualTo("Be brief.");
    assertThat(first.at("/metadata/a").asString()).isEqualTo("b");
    assertThat(first.get("user").asString()).isEqualTo("me");
    assertThat(without.has("user")).as("null, which OpenAI's description does not know").isFalse();
  }

  @Test
  void whetherASchemaIsStrictIsRepeated() throws Exception {
    assertThat(strict("")).as("not said").isTrue();
    assertThat(strict("\"strict\":true,")).isTrue();
    assertThat(strict("\"strict\":false,")).as("and fulfilled").isFalse();
    assertThat(strict("\"strict\":null,")).isTrue();
  }

  private boolean strict(String said) throws Exception {
    JsonNode reply =
        fixture
            .client
            .post(
                PATH,
                "{" + SHORT.replace("\"schema\":", said + "\"schema\":") + "\"input\":\"Hi\"}")
            .json();
    assertThat(reply.at("/output/0/content/0/text").asString()).isEqualTo("\"yes\"");
    return reply.at("/text/format/strict").booleanValue();
  }

  @Test
  void logProbabilities() throws Exception {
    JsonNode answer =
        fixture
            .client
            .post(
                PATH,
                "{\"max_output_tokens\":5,\"top_logprobs\":2,\"include\":[\"message.output_text.logprobs\"],\"input\":\"Hi\"}")
            .json();

    assertThat(answer.at("/output/0/content/0/logprobs")).hasSize(5);
    assertThat(answer.at("/output/0/content/0/logprobs/0/top_logprobs")).hasSize(2);
  }

  @Test
  void openAisOwnClientAsksAboutAnImage() throws Exception {
    Response response = openai.responses().create(question());

    assertThat(response.status()).hasValue(ResponseStatus.INCOMPLETE);
    assertThat(text(response)).isEqualTo(expected);
    assertThat(response.usage().orElseThrow().outputTokens()).isEqualTo(12);
  }

  @Test
  void openAisOwnClientStreams() throws Exception {
    ResponseAccumulator whole = ResponseAccumulator.create();
    List<ResponseStreamEvent> events = new ArrayList<>();
    try (StreamResponse<ResponseStreamEvent> stream =
        openai.responses().createStreaming(question())) {
      stream.stream().peek(events::add).forEach(whole::accumulate);
    }

    assertThat(text(whole.response())).isEqualTo(expected);
    assertThat(events).hasSizeGreaterThan(8).allMatch(ResponseStreamEvent::isValid);
  }

  private static String text(Response response) {
    return response.output().getFirst().asMessage().content().getFirst().asOutputText().text();
  }

  private static ResponseCreateParams question() throws Exception {
    return ResponseCreateParams.builder()
        .model("original")
        .maxOutputTokens(12)
        .inputOfResponse(
            List.of(
                ResponseInputItem.ofMessage(
                    ResponseInputItem.Message.builder()
                        .role(ResponseInputItem.Message.Role.USER)
                        .addInputTextContent(QUESTION)
                        .addContent(
                            ResponseInputImage.builder()
                                .detail(ResponseInputImage.Detail.AUTO)
                                .imageUrl(Client.dataUri(Client.photo()))
                                .build())
                        .build())))
        .build();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|input|input is missing",
        "{\"input\":[]}|input|input is empty",
        "{\"input\":7}|input|input must be a list",
        "{\"input\":[{\"type\":\"function_call_output\"}]}|input[0].type|must be message",
        "{\"input\":[{\"type\":\"item_reference\",\"id\":\"x\"}]}|input[0].type|must be message",
        "{\"input\":[{\"role\":\"user\"}]}|input[0].content|is missing",
        "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_file\"}]}]}|input[0].content[0].type|input_text, input_image",
        "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"file_id\":\"f\"}]}]}|input[0].content[0].file_id|nothing is stored",
        "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"image_url\":\"https://example.org/a.png\"}]}]}|input[0].content[0].image_url|fetches none",
        "{\"input\":[{\"role\":\"assistant\",\"content\":\"Hi\"}]}|input[0].role|take turns",
        "{\"input\":\"Hi\",\"store\":true}|store|nothing is stored",
        "{\"input\":\"Hi\",\"previous_response_id\":\"resp_1\"}|previous_response_id|nothing is stored",
        "{\"input\":\"Hi\",\"conversation\":\"conv_1\"}|conversation|nothing is stored",
        "{\"input\":\"Hi\",\"background\":true}|background|comes with the response",
        "{\"input\":\"Hi\",\"tools\":[{\"type\":\"function\"}]}|tools|call tools",
        "{\"input\":\"Hi\",\"tool_choice\":\"required\"}|tool_choice|no tools",
        "{\"input\":\"Hi\",\"reasoning\":{\"effort\":\"high\"}}|reasoning|does not reason",
        "{\"input\":\"Hi\",\"truncation\":\"auto\"}|truncation|not shortened",
        "{\"input\":\"Hi\",\"include\":[\"file_search_call.results\"]}|include|only",
        "{\"input\":\"Hi\",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"x\"}}}|text.format.schema|is missing",
        "{\"input\":\"Hi\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}|stream_options.include_usage|in the last event in any case",
        "{\"input\":\"Hi\",\"service_tier\":\"flex\"}|service_tier|treated alike",
        "{\"input\":\"Hi\",\"metadata\":7}|metadata|must be an object",
        "{\"input\":\"Hi\",\"max_tokens\":7}|max_tokens|no field max_tokens"
      })
  void whatCannotBeAnsweredIsNamed(String body, String field, String words) throws Exception {
    Client.Reply reply = fixture.client.post(PATH, body);

    assertThat(reply.error()).contains(words).doesNotContain("\n");
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.json().at("/error/param").asString()).isEqualTo(field);
  }

  private static String item(String role, String content) {
    return "{\"type\":\"message\",\"role\":\"" + role + "\",\"content\":" + content + "}";
  }

  private static String image() throws Exception {
    return "{\"type\":\"input_image\",\"image_url\":\"" + Client.dataUri(Client.photo()) + "\"}";
  }

  /// The events of a stream, whose names are those of their data.
  private List<JsonNode> events(String body) throws Exception {
    String text = fixture.client.post(PATH, body).text();
    assertThat(text).endsWith("data: [DONE]\n\n");
    List<JsonNode> events = new ArrayList<>();
    String name = "";
    for (String line : text.lines().toList()) {
      if (line.startsWith("event: ")) {
        name = line.substring("event: ".length());
      } else if (line.startsWith("data: {")) {
        JsonNode data = Client.json(line.substring("data: ".length()));
        assertThat(data.get("type").asString()).isEqualTo(name);
        events.add(data);
      } else {
        assertThat(line).isIn("", "data: [DONE]");
      }
    }
    return events;
  }

  private static List<String> types(List<JsonNode> events) {
    return events.stream().map(event -> event.get("type").asString()).toList();
  }

  private static String deltas(List<JsonNode> events) {
    return events.stream()
        .filter(event -> event.get("type").asString().equals("response.output_text.delta"))
        .map(event -> event.get("delta").asString())
        .collect(Collectors.joining());
  }
}
