package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Requests that cannot be answered: each gets its status and one sentence, and the server goes on.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadRequestsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String HI = "{\"role\":\"user\",\"content\":\"Hi\"}";

  private ServerFixture fixture;
  private String before;

  @BeforeAll
  void start() throws Exception {
    fixture = new ServerFixture();
    before = ask();
  }

  @AfterAll
  void stop() throws Exception {
    assertThat(fixture.failures).isEmpty();
    assertThat(ask()).isEqualTo(before).isNotEmpty();
    assertThat(fixture.server.unanswered()).isZero();
    fixture.close();
  }

  static Stream<Arguments> bodies() {
    return Stream.of(
        Arguments.of(400, "", "body is empty"),
        Arguments.of(400, "{", "not valid JSON (line 1"),
        Arguments.of(400, "{\"messages\":[" + HI + "],\"messages\":[]}", "a name twice"),
        Arguments.of(400, "{\"messages\":[" + HI + "]} x", "not valid JSON"),
        Arguments.of(400, "[".repeat(2000), "deeper than 64 levels"),
        Arguments.of(400, "[]", "not a JSON object"),
        Arguments.of(400, "{}", "messages is missing"),
        Arguments.of(400, "{\"messages\":[]}", "messages is empty"),
        Arguments.of(400, "{\"messages\":\"Hi\"}", "messages must be a list"),
        Arguments.of(400, "{\"messages\":[1]}", "messages[0] must be an object"),
        Arguments.of(400, messages("{\"content\":\"Hi\"}"), "messages[0].role is missing"),
        Arguments.of(400, messages("{\"role\":\"user\"}"), "messages[0].content is missing"),
        Arguments.of(
            400, messages("{\"role\":\"king\",\"content\":\"Hi\"}"), "must be system, user"),
        Arguments.of(400, messages("{\"role\":\"tool\",\"content\":\"Hi\"}"), "there are no tools"),
        Arguments.of(400, messages(HI + "," + HI), "must take turns"),
        Arguments.of(400, messages("{\"role\":\"system\",\"content\":\"Hi\"}"), "of the user"),
        Arguments.of(
            400, messages(HI + ",{\"role\":\"assistant\",\"content\":\"Hi\"}"), "of the user"),
        Arguments.of(400, messages("{\"role\":\"user\",\"content\":7}"), "content must be a list"),
        Arguments.of(400, messages("{\"role\":\"user\",\"content\":\"\"}"), "text or an image"),
        Arguments.of(400, part("{\"type\":\"input_audio\"}"), "text or image_url"),
        Arguments.of(400, part("{\"type\":\"image_url\"}"), "image_url is missing"),
        Arguments.of(400, image("file:///etc/passwd"), "must be a data URI"),
        Arguments.of(400, image("../../etc/passwd"), "must be a data URI"),
        Arguments.of(400, image("-"), "must be a data URI"),
        Arguments.of(400, image("http://127.0.0.1/a.png"), "fetches none"),
        Arguments.of(400, image("https://example.org/a.png"), "fetches none"),
        Arguments.of(400, image("data:image/png;base64,!!!!"), "the file is empty"),
        Arguments.of(400, image("data:image/png;base64,AAAA"), "data URI"),
        Arguments.of(400, image("data:image/png"), "no comma"),
        Arguments.of(400, image(bomb()), "more than the limit of 50000000"),
        Arguments.of(400, withImages(9), "8 image(s) at most"),
        Arguments.of(400, options("\"temprature\":1"), "no field temprature"),
        Arguments.of(400, options("\"temperature\":\"hot\""), "temperature must be a number"),
        Arguments.of(400, options("\"temperature\":-1"), "temperature must be between 0 and 100"),
        Arguments.of(400, options("\"temperature\":1,\"top_p\":7"), "top_p must be above 0"),
        Arguments.of(400, options("\"max_tokens\":0"), "max_tokens must be between 1"),
        Arguments.of(400, options("\"max_tokens\":1.5"), "max_tokens must be a whole number"),
        Arguments.of(400, options("\"max_tokens\":1,\"max_completion_tokens\":2"), "give one"),
        Arguments.of(400, options("\"n\":3"), "same answer each time"),
        Arguments.of(400, options("\"n\":65"), "n must be between 1 and 64"),
        Arguments.of(400, options("\"stream\":\"yes\""), "stream must be true or false"),
        Arguments.of(400, options("\"stream_options\":{\"include_usage\":true}"), "stream: true"),
        Arguments.of(400, options("\"stop\":[1]"), "stop must be a string"),
        Arguments.of(400, options("\"stop\":\"\""), "stop must not be empty"),
        Arguments.of(400, options("\"top_logprobs\":2"), "needs logprobs"),
        Arguments.of(400, options("\"tools\":[{\"type\":\"function\"}]"), "tools cannot be used"),
        Arguments.of(400, options("\"tool_choice\":\"required\""), "tool_choice cannot be used"),
        Arguments.of(400, options("\"functions\":[{}]"), "functions cannot be used"),
        Arguments.of(400, options("\"logit_bias\":{\"5\":1}"), "logit_bias cannot be used"),
        Arguments.of(400, options("\"presence_penalty\":1"), "presence_penalty cannot be used"),
        Arguments.of(400, options("\"store\":true"), "store cannot be used"),
        Arguments.of(400, options("\"modalities\":[\"audio\"]"), "modalities"),
        Arguments.of(
            400,
            options("\"response_format\":{\"type\":\"yaml\"}"),
            "text, json_object or json_schema"),
        Arguments.of(
            400,
            options("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{}}"),
            "response_format.json_schema.schema is missing"),
        Arguments.of(
            400, options(schema("{\"type\":\"object\",\"propertys\":{}}")), "has no effect: "),
        Arguments.of(
            400, options(schema("{\"type\":\"array\",\"minItems\":100000}")), "nested too deeply"),
        Arguments.of(400, options(schema("{\"uniqueItems\":true}")), "'uniqueItems'"),
        Arguments.of(
            400, options(schema("{\"type\":\"nothing\"}")), "response_format.json_schema.schema"),
        Arguments.of(400, structured("{}"), "one of regex, choice, grammar, json and json_object"),
        Arguments.of(400, structured("{\"json_object\":false}"), "exactly one of regex"),
        Arguments.of(400, structured("{\"json\":\"{\"}"), "structured_outputs.json: "),
        Arguments.of(
            400, structured("{\"regex\":\"a\",\"json_object\":true}"), "exactly one of regex"),
        Arguments.of(400, structured("{\"regex\":\"a\",\"choice\":[\"a\"]}"), "exactly one of"),
        Arguments.of(400, structured("{\"regex\":null}"), "exactly one of"),
        Arguments.of(400, structured("{\"regex\":7}"), "structured_outputs.regex must be a string"),
        Arguments.of(
            400,
            structured("{\"regex\":\"(\"}"),
            "structured_outputs.regex: the regular expression '('"),
        Arguments.of(400, structured("{\"regex\":\"(a)\\\\1\"}"), "structured_outputs.regex: "),
        Arguments.of(
            400, structured("{\"choice\":\"a\"}"), "structured_outputs.choice must be a list"),
        Arguments.of(400, structured("{\"choice\":[\"a\",1]}"), "must be a list of strings"),
        Arguments.of(
            400, structured("{\"choice\":[]}"), "structured_outputs.choice: there is no text"),
        Arguments.of(
            400, structured("{\"grammar\":\"start ::= a\"}"), "structured_outputs.grammar: "),
        Arguments.of(
            400, structured("{\"json\":{\"uniqueItems\":true}}"), "structured_outputs.json: "),
        Arguments.of(
            400, structured("{\"json\":{\"typ\":1}}"), "json has what has no effect: #/typ"),
        Arguments.of(
            400,
            structured("{\"regex\":\"a\",\"structural_tag\":\"a\"}"),
            "there is no field structured_outputs.structural_tag"),
        Arguments.of(
            400,
            options(
                "\"structured_outputs\":{\"regex\":\"a\"},\"response_format\":{\"type\":\"text\"}"),
            "structured_outputs and response_format both ask for a form; give one"),
        Arguments.of(400, "{\"a\":" + "9".repeat(1001) + "}", "a number of more than 1000 digits"),
        Arguments.of(400, options("\"max_tokens\":1e30"), "between 1 and 1000000, not 1E+30"),
        Arguments.of(400, options("\"max_tokens\":1e999999999"), "between 1 and 1000000, not 1E+9"),
        Arguments.of(400, options("\"max_tokens\":" + "9".repeat(500)), "1000000, not 999"),
        Arguments.of(400, options("\"temperature\":" + "9".repeat(500)), "between 0 and 100"),
        Arguments.of(400, options("\"temperature\":1e9999999999"), "exponent"),
        Arguments.of(400, options("\"unknown\":-1E+9999999919"), "exponent"),
        Arguments.of(400, options("\"temperature\":1e400"), "between 0 and 100, not 1E+400"),
        Arguments.of(
            400, options("\"repetition_penalty\":-7"), "repetition_penalty must be above 0"),
        Arguments.of(400, options("\"user\":7"), "user must be a string, not a whole number"),
        Arguments.of(400, options("\"metadata\":\"a\""), "metadata must be an object"),
        Arguments.of(400, options("\"service_tier\":[]"), "service_tier cannot be used"),
        Arguments.of(400, options("\"service_tier\":\"priority\""), "service_tier cannot be used"),
        Arguments.of(400, options("\"parallel_tool_calls\":1"), "must be true or false"),
        Arguments.of(400, options(schema("{\"pattern\":\"(" + "a".repeat(5000) + "\"}")), "'(aaaa"),
        Arguments.of(400, options(schema("{\"" + "k".repeat(5000) + "\":1}")), "/kkkk"),
        Arguments.of(404, options("\"model\":\"gpt-4o\""), "no model 'gpt-4o'"),
        Arguments.of(
            400,
            "{\"messages\":[{\"role\":\"user\",\"content\":\"" + "word ".repeat(5000) + "\"}]}",
            "too many for the context"));
  }

  private static String structured(String form) {
    return options("\"structured_outputs\":" + form);
  }

  private static String schema(String schema) {
    return "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":"
        + schema
        + "}}";
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void eachHasItsStatusAndOneSentence(int status, String body, String words) throws Exception {
    Client.Reply reply = fixture.client.post(CHAT, body);

    assertThat(reply.error()).contains(words).doesNotContain("\n", "Exception");
    assertThat(reply.error()).hasSizeLessThan(400);
    assertThat(reply.error())
        .doesNotContain("raise", "Jackson", "Stream", "JsonNode", "Token", "Infinity");
    assertThat(reply.status()).isEqualTo(status);
    assertThat(reply.json().at("/error/type").asString())
        .isEqualTo(status == 404 ? "not_found_error" : "invalid_request_error");
    assertThat(reply.json().get("error").propertyNames())
        .containsExactlyInAnyOrder("message", "type", "param", "code");
  }

  @Test
  void anErrorNamesItsField() throws Exception {
    Client.Reply reply =
        fixture.client.post(CHAT, messages("{\"role\":\"user\",\"content\":[{\"type\":7}]}"));

    assertThat(reply.json().at("/error/param").asString()).isEqualTo("messages[0].content[0].type");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "temperature|\"temperature\":-1",
        "top_p|\"temperature\":1,\"top_p\":0",
        "min_p|\"temperature\":1,\"min_p\":2",
        "repetition_penalty|\"repetition_penalty\":0",
        "stop|\"stop\":[\"\"]",
        "model|\"model\":\"other\"",
        "metadata|\"metadata\":7",
        "messages|\"messages\":[{\"role\":\"user\",\"content\":\"\"}]"
      })
  void everyErrorOfAFieldNamesIt(String field, String fields) throws Exception {
    String body = fields.contains("messages") ? "{" + fields + "}" : options(fields);

    assertThat(fixture.client.post(CHAT, body).json().at("/error/param").asString())
        .isEqualTo(field);
  }

  @Test
  void anImageThatIsNoneAndTooLongAPromptAreErrorsOfTheMessages() throws Exception {
    for (String body :
        List.of(
            image("data:image/png;base64,AAAA"),
            "{\"messages\":[{\"role\":\"user\",\"content\":\"" + "word ".repeat(5000) + "\"}]}")) {
      assertThat(fixture.client.post(CHAT, body).json().at("/error/param").asString())
          .isEqualTo("messages");
    }
  }

  /// As a double it would be infinite, and the answer a text.
  @Test
  void numbersOfASchemaStayWhatTheyAre() throws Exception {
    assertThat(fixture.client.post(CHAT, options(schema("{\"const\":1e300}"))).content())
        .matches("1[eE]\\+?300|10{300}");
    assertThat(
            fixture
                .client
                .post(CHAT, options(schema("{\"const\":0.1000000000000000000001}")))
                .content())
        .isEqualTo("0.1000000000000000000001");
  }

  @Test
  void aBadStreamIsNoStream() throws Exception {
    Client.Reply reply =
        fixture.client.post(
            CHAT, "{\"stream\":true," + image("data:image/png;base64,AAAA").substring(1));

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.response().headers().firstValue("Content-Type")).hasValue("application/json");
  }

  @Test
  void pathsAndMethods() throws Exception {
    assertThat(fixture.client.get("/v1/nothing").status()).isEqualTo(404);
    assertThat(fixture.client.get("/../etc/passwd").status()).isEqualTo(404);
    assertThat(fixture.client.get("/v1/models/..%2f..%2fetc").status()).isEqualTo(404);
    assertThat(fixture.client.get(CHAT).status()).isEqualTo(405);
    assertThat(fixture.client.get(CHAT).error()).contains("POST");
    assertThat(fixture.client.post("/v1/models", "{}").status()).isEqualTo(405);
  }

  private String ask() throws IOException, InterruptedException {
    return fixture
        .client
        .post(CHAT, Client.chat("\"max_tokens\":8,", "What is it?", Client.dataUri(Client.photo())))
        .content();
  }

  private static String messages(String list) {
    return "{\"messages\":[" + list + "]}";
  }

  private static String options(String fields) {
    return "{" + fields + ",\"messages\":[" + HI + "]}";
  }

  private static String part(String part) {
    return messages("{\"role\":\"user\",\"content\":[" + part + "]}");
  }

  private static String image(String url) {
    return part("{\"type\":\"image_url\",\"image_url\":{\"url\":" + Client.quoted(url) + "}}");
  }

  private static String withImages(int count) {
    String one = "{\"type\":\"image_url\",\"image_url\":\"data:image/png;base64,AAAA\"}";
    return part(String.join(",", Collections.nCopies(count, one)));
  }

  /// The head of a PGM image that claims to be large.
  private static String bomb() {
    return "data:image/x-portable-graymap;base64,"
        + Base64.getEncoder()
            .encodeToString("P5 30000 30000 255\n".getBytes(StandardCharsets.US_ASCII));
  }
}
