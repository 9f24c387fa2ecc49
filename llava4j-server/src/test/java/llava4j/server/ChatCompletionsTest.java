package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import llava4j.ChatMessage;
import llava4j.ChatRequest;
import llava4j.ChatResponse;
import llava4j.Llava;
import llava4j.generate.Decoding;
import llava4j.generate.GenerationOptions;
import llava4j.golden.Golden;
import llava4j.image.ImageSource;
import llava4j.image.RgbImage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// `/v1/chat/completions`: the answers are those of the Java API, which `llava ask` prints.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChatCompletionsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String QUESTION = "What is in this image?";
  private static final int TOKENS = 12;

  private ServerFixture fixture;
  private String photo;
  private RgbImage image;

  @BeforeAll
  void start() throws IOException {
    fixture = new ServerFixture();
    photo = Client.dataUri(Client.photo());
    image = decode(Client.photo());
  }

  @AfterAll
  void stop() {
    assertThat(fixture.failures).isEmpty();
    fixture.close();
  }

  /// Random weights would never write JSON by themselves.
  @Test
  void anAnswerHasTheFormThatIsAskedFor() throws Exception {
    String schema =
        """
        "response_format": {"type": "json_schema", "json_schema": {"name": "boxes", "strict": true,
          "schema": {"type": "object", "required": ["what", "count"], "additionalProperties": false,
            "properties": {"what": {"enum": ["cat", "dog"]},
                           "count": {"type": "integer", "minimum": 0, "maximum": 9}}}}},
        """;
    for (String stream : List.of("", "\"stream\":true,")) {
      Client.Reply reply = fixture.client.post(CHAT, Client.chat(stream + schema, QUESTION, photo));
      assertThat(reply.status()).as(reply.text()).isEqualTo(200);
      String text = stream.isEmpty() ? reply.content() : streamed(reply.text());
      JsonNode json = new tools.jackson.databind.json.JsonMapper().readTree(text);
      assertThat(json.propertyNames()).containsExactly("what", "count");
      assertThat(json.get("what").asString()).isIn("cat", "dog");
      assertThat(json.get("count").asInt()).isBetween(0, 9);
    }
    String any = "\"max_tokens\":60,\"response_format\":{\"type\":\"json_object\"},";
    assertThat(fixture.client.post(CHAT, Client.chat(any, QUESTION, photo)).content())
        .startsWith("{");
  }

  private static String streamed(String events) {
    return events
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .map(line ->
            new tools.jackson.databind.json.JsonMapper()
                .readTree(line.substring("data: ".length()))
                .at("/choices/0/delta/content"))
        .filter(JsonNode::isString)
        .map(JsonNode::asString)
        .collect(Collectors.joining());
  }

  @Test
  void anAnswerIsThatOfTheJavaApi() throws Exception {
    Client.Reply reply =
        fixture.client.post(CHAT, Client.chat("\"max_tokens\":12,", QUESTION, photo));

    ChatResponse expected = direct(greedy(), QUESTION, image);
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.content()).isEqualTo(expected.text());
    JsonNode body = reply.json();
    assertThat(body.get("object").asString()).isEqualTo("chat.completion");
    assertThat(body.get("model").asString()).isEqualTo("original");
    assertThat(body.at("/choices/0/message/role").asString()).isEqualTo("assistant");
    assertThat(body.at("/usage/prompt_tokens").asInt()).isEqualTo(expected.promptTokens());
    assertThat(body.at("/usage/completion_tokens").asInt()).isEqualTo(expected.answerTokens());
    assertThat(body.at("/usage/total_tokens").asInt())
        .isEqualTo(expected.promptTokens() + expected.answerTokens());
    assertThat(body.at("/usage/prompt_tokens_details/image_tokens").asInt())
        .isEqualTo(expected.imageTokens())
        .isPositive();
  }

  @Test
  void theSecondTimeThePromptIsInTheCache() throws Exception {
    String body = Client.chat("\"max_tokens\":3,", "Is it cached?", photo);
    fixture.client.post(CHAT, body);
    JsonNode second = fixture.client.post(CHAT, body).json();

    assertThat(second.at("/usage/prompt_tokens_details/cached_tokens").asInt())
        .isGreaterThan(second.at("/usage/prompt_tokens_details/image_tokens").asInt());
  }

  @ParameterizedTest
  @ValueSource(strings = {"max_tokens", "max_completion_tokens"})
  void theLengthHasTwoNames(String name) throws Exception {
    JsonNode body =
        fixture.client.post(CHAT, Client.chat("\"" + name + "\":2,", QUESTION, photo)).json();

    assertThat(body.at("/usage/completion_tokens").asInt()).isEqualTo(2);
    assertThat(body.at("/choices/0/finish_reason").asString()).isEqualTo("length");
  }

  @Test
  void aBareTextIsAnImageToo() throws Exception {
    Client.Reply reply =
        fixture.client.post(
            CHAT,
            "{\"max_tokens\":12,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
                + "\"image_url\":"
                + Client.quoted(photo)
                + "},{\"type\":\"text\",\"text\":"
                + Client.quoted(QUESTION)
                + "}]}]}");

    assertThat(reply.content()).isEqualTo(direct(greedy(), QUESTION, image).text());
  }

  @Test
  void aConversationWithSystemTextAndSeveralImages() throws Exception {
    Path other = Golden.path("images/" + otherImage());
    String body =
        "{\"max_tokens\":12,\"messages\":["
            + "{\"role\":\"system\",\"content\":\"Be brief.\"},"
            + "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"And this?\"},"
            + "{\"type\":\"image_url\",\"image_url\":{\"url\":"
            + Client.quoted(photo)
            + ",\"detail\":\"low\"}}]},"
            + "{\"role\":\"assistant\",\"content\":\"A photo.\"},"
            + "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
            + Client.quoted(Client.dataUri(other))
            + "}},{\"type\":\"text\",\"text\":\"Compare.\"}]}]}";
    ChatRequest request =
        new ChatRequest(
            List.of(
                new ChatMessage.User("And this?", List.of(image)),
                new ChatMessage.Assistant("A photo."),
                new ChatMessage.User("Compare.", List.of(decode(other)))),
            Optional.of("Be brief."),
            greedy());

    assertThat(fixture.client.post(CHAT, body).content())
        .isEqualTo(fixture.llava.answer(request).text());
  }

  @Test
  void samplingFollowsItsSeed() throws Exception {
    String options = "\"max_tokens\":12,\"temperature\":0.8,\"top_p\":0.9,\"seed\":7,\"n\":3,";
    JsonNode body = fixture.client.post(CHAT, Client.chat(options, QUESTION, photo)).json();

    ChatResponse expected =
        direct(
            greedy().withDecoding(new Decoding.Sample(0.8, 0, 0.9, 0, 7)).withNumAnswers(3),
            QUESTION,
            image);
    assertThat(body.get("choices")).hasSize(3);
    for (int i = 0; i < 3; i++) {
      assertThat(body.at("/choices/" + i + "/message/content").asString())
          .isEqualTo(expected.answers().get(i).text().strip());
    }
  }

  @Test
  void aStopStringEndsTheAnswer() throws Exception {
    String whole = direct(greedy(), QUESTION, image).text();
    String stop = whole.substring(whole.length() / 2, whole.length() / 2 + 2);
    Client.Reply reply =
        fixture.client.post(
            CHAT,
            Client.chat(
                "\"max_tokens\":12,\"stop\":" + Client.quoted(stop) + ",", QUESTION, photo));

    assertThat(reply.content()).isEqualTo(whole.substring(0, whole.indexOf(stop)).strip());
    assertThat(reply.json().at("/choices/0/finish_reason").asString()).isEqualTo("stop");
  }

  @Test
  void logProbabilitiesAreThoseOfTheModel() throws Exception {
    JsonNode body =
        fixture
            .client
            .post(
                CHAT,
                Client.chat(
                    "\"max_tokens\":4,\"logprobs\":true,\"top_logprobs\":2,", QUESTION, photo))
            .json();

    var expected =
        direct(greedy().withMaxNewTokens(4).withTopLogProbs(2), QUESTION, image)
            .answers()
            .getFirst()
            .logProbs();
    assertThat(body.at("/choices/0/logprobs/refusal").isNull()).isTrue();
    JsonNode content = body.at("/choices/0/logprobs/content");
    assertThat(content).hasSize(expected.size());
    for (int i = 0; i < expected.size(); i++) {
      JsonNode token = content.get(i);
      assertThat(token.get("logprob").floatValue()).isEqualTo(expected.get(i).chosen().value());
      assertThat(token.get("top_logprobs")).hasSize(2);
      assertThat(token.get("top_logprobs").get(0).get("token").asString())
          .isEqualTo(token.get("token").asString());
    }
  }

  @Test
  void aStreamHasTheSameTextAndTheUsage() throws Exception {
    List<String> events =
        fixture.client.stream(
            CHAT,
            Client.chat(
                "\"max_tokens\":12,\"stream\":true,\"stream_options\":{\"include_usage\":true},",
                QUESTION,
                photo));

    ChatResponse expected = direct(greedy(), QUESTION, image);
    assertThat(events).last().isEqualTo("[DONE]");
    List<JsonNode> chunks = events.stream().limit(events.size() - 1L).map(Client::json).toList();
    assertThat(text(chunks, 0)).isEqualTo(expected.text());
    assertThat(chunks.getFirst().at("/choices/0/delta/role").asString()).isEqualTo("assistant");
    assertThat(chunks)
        .allSatisfy(chunk -> {
          assertThat(chunk.get("object").asString()).isEqualTo("chat.completion.chunk");
          assertThat(chunk.get("id")).isEqualTo(chunks.getFirst().get("id"));
          assertThat(chunk.has("usage")).isTrue();
        });
    JsonNode last = chunks.getLast();
    assertThat(last.get("choices")).isEmpty();
    assertThat(last.at("/usage/completion_tokens").asInt()).isEqualTo(expected.answerTokens());
    assertThat(chunks.get(chunks.size() - 2).at("/choices/0/finish_reason").asString())
        .isEqualTo("length");
  }

  @Test
  void aStreamOfSeveralAnswersNamesThem() throws Exception {
    String options = "\"max_tokens\":8,\"temperature\":1,\"seed\":3,\"n\":2,";
    JsonNode whole = fixture.client.post(CHAT, Client.chat(options, QUESTION, photo)).json();
    List<String> events =
        fixture.client.stream(CHAT, Client.chat(options + "\"stream\":true,", QUESTION, photo));
    List<JsonNode> chunks = events.stream().limit(events.size() - 1L).map(Client::json).toList();

    for (int i = 0; i < 2; i++) {
      assertThat(text(chunks, i))
          .isEqualTo(whole.at("/choices/" + i + "/message/content").asString());
    }
  }

  @Test
  void fieldsThatChangeNothingAreAccepted() throws Exception {
    String options =
        "\"max_tokens\":12,\"model\":\"original\",\"user\":\"u\",\"metadata\":{\"a\":\"b\"},\"store\":false,"
            + "\"tools\":[],\"frequency_penalty\":0,\"logit_bias\":{},\"response_format\":{\"type\":\"text\"},"
            + "\"temperature\":0,\"top_p\":1.0,\"seed\":5,\"stream\":null,";

    assertThat(fixture.client.post(CHAT, Client.chat(options, QUESTION, photo)).content())
        .isEqualTo(direct(greedy(), QUESTION, image).text());
  }

  private static String text(List<JsonNode> chunks, int answer) {
    return chunks.stream()
        .flatMap(chunk -> chunk.get("choices").valueStream())
        .filter(choice -> choice.get("index").asInt() == answer)
        .map(choice -> choice.at("/delta/content").asString(""))
        .collect(Collectors.joining());
  }

  private ChatResponse direct(GenerationOptions options, String question, RgbImage... images) {
    return fixture.llava.answer(ChatRequest.of(List.of(images), question).withOptions(options));
  }

  private static GenerationOptions greedy() {
    return GenerationOptions.greedy().withMaxNewTokens(TOKENS);
  }

  private static RgbImage decode(Path file) {
    return Llava.decode(new ImageSource.OfFile(file));
  }

  private static String otherImage() throws IOException {
    try (var files = java.nio.file.Files.list(Golden.path("images"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".png"))
          .sorted()
          .findFirst()
          .orElseThrow();
    }
  }
}
