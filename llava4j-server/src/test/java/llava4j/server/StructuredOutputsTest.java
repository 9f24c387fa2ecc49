package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// vLLM's `structured_outputs`. Random weights would never write any of these texts by themselves.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StructuredOutputsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String COMPLETIONS = "/v1/completions";

  private ServerFixture fixture;

  @BeforeAll
  void start() {
    fixture = new ServerFixture();
  }

  @AfterAll
  void stop() {
    assertThat(fixture.failures).isEmpty();
    fixture.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          {"regex":"[0-9]{3}-[a-c]{2}"};[0-9]{3}-[a-c]{2}
          {"choice":["a cat","a dog","caf\\u00e9"]};a cat|a dog|café
          {"choice":["a \\ud83d\\udc31"]};a 🐱
          {"grammar":"root ::= (\\"x\\" | \\"y\\") tail\\ntail ::= \\"!\\"{3}"};[xy]!!!
          {"json":"{\\"type\\":\\"boolean\\"}","regex":null,"json_object":false};\\s*(true|false)
          {"json":{"enum":["yes","no"]}};\\s*"(yes|no)"
          """)
  void theAnswerHasTheForm(String form, String expected) throws Exception {
    String more = "\"structured_outputs\":" + form + ",\"temperature\":1,\"seed\":3,";

    Client.Reply chat = fixture.client.post(CHAT, Client.chat(more, "Hi"));
    assertThat(chat.status()).as(chat.text()).isEqualTo(200);
    assertThat(chat.content()).matches(expected);
    assertThat(chat.json().at("/choices/0/finish_reason").asString()).isEqualTo("stop");

    Client.Reply plain = fixture.client.post(COMPLETIONS, "{" + more + "\"prompt\":\"Hi\"}");
    assertThat(plain.status()).as(plain.text()).isEqualTo(200);
    assertThat(plain.json().at("/choices/0/text").asString()).matches(expected);
  }

  @Test
  void severalAnswersHaveItToo() throws Exception {
    String body =
        "{\"prompt\":\"Hi\",\"n\":4,\"temperature\":1,\"structured_outputs\":{\"regex\":\"[ab]{6}\"}}";
    JsonNode choices = fixture.client.post(COMPLETIONS, body).json().get("choices");

    assertThat(choices).hasSize(4);
    assertThat(choices)
        .allSatisfy(one -> assertThat(one.get("text").asString()).matches("[ab]{6}"));
  }

  @Test
  void completionsTakeAResponseFormat() throws Exception {
    String format =
        "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":{\"enum\":[\"yes\"]}}}";
    Client.Reply reply =
        fixture.client.post(COMPLETIONS, "{\"prompt\":\"Hi\",\"response_format\":" + format + "}");

    assertThat(reply.json().at("/choices/0/text").asString().strip()).isEqualTo("\"yes\"");
  }

  /// Half a character is in no vocabulary; the server does not fail of it.
  @ParameterizedTest
  @CsvSource({"regex,\\ud800", "choice,\\ud800", "grammar,root ::= \\\"\\ud800\\\""})
  void halfACharacterIsARefusalAtMost(String member, String source) throws Exception {
    String text = "\"" + source + "\"";
    String form =
        "{\"" + member + "\":" + (member.equals("choice") ? "[" + text + "]" : text) + "}";
    Client.Reply reply =
        fixture.client.post(
            CHAT, Client.chat("\"max_tokens\":4,\"structured_outputs\":" + form + ",", "Hi"));

    assertThat(reply.status()).as(reply.text()).isIn(200, 400);
  }

  /// What takes longest for its length, as long as it may be: one thread compiles for all.
  @Test
  void theLongestFormsTakeSeconds() throws Exception {
    StringBuilder rules = new StringBuilder("root ::= a1\\n");
    for (int i = 1; rules.length() < 60_000; i++) {
      rules.append("a").append(i).append(" ::= a").append(i + 1).append("\\n");
    }
    StringBuilder letters = new StringBuilder();
    for (int letter = 0x10000; letters.length() < 60_000; letter += 2) {
      letters.appendCodePoint(letter);
    }
    List<String> forms =
        List.of(
            "\"grammar\":\"" + rules + "\"",
            "\"regex\":\"[" + letters + "]\"",
            "\"regex\":\"" + "a|".repeat(32_000) + "b\"",
            "\"choice\":[\"" + "a".repeat(32_000) + "\",\"" + "a".repeat(31_999) + "b\"]");
    for (String form : forms) {
      long start = System.nanoTime();
      String body = "{\"prompt\":\"Hi\",\"max_tokens\":2,\"structured_outputs\":{" + form + "}}";
      Client.Reply reply = fixture.client.post(COMPLETIONS, body);
      String what = form.substring(0, 20) + ": " + reply.text();

      assertThat(reply.status()).as(what).isIn(200, 400);
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .as(what)
          .isLessThan(Duration.ofSeconds(30));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"regex\":\"%s\"",
        "\"choice\":[\"%s\"]",
        "\"grammar\":\"%s\"",
        "\"json\":{\"const\":\"%s\"}"
      })
  void longerFormsAreRefused(String form) throws Exception {
    String body =
        "{\"prompt\":\"Hi\",\"structured_outputs\":{" + form.formatted("a".repeat(65_537)) + "}}";

    assertThat(fixture.client.post(COMPLETIONS, body).error())
        .contains(" characters, more than the limit of 65536; shorten it");
  }

  @Test
  void theOtherPathsRefuseItByName() throws Exception {
    String form = "\"structured_outputs\":{\"regex\":\"a\"}}";

    assertThat(fixture.client.post("/v1/responses", "{\"input\":\"Hi\"," + form).error())
        .isEqualTo("there is no field structured_outputs; correct it or leave it out");
    assertThat(fixture.client.post("/api/generate", "{\"model\":\"original\"," + form).text())
        .contains("there is no field structured_outputs");
  }
}
