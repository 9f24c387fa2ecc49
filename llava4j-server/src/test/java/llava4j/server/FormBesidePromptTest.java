package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Schemas are compiled while images and prompts are read; what is wrong with one is said before
/// anything else.
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FormBesidePromptTest {
  private static final String CHAT = "/v1/chat/completions";

  private ServerFixture fixture;
  private String photo;

  @BeforeAll
  void start() throws Exception {
    fixture = new ServerFixture();
    photo = Client.dataUri(Client.photo());
  }

  @AfterAll
  void stop() {
    assertThat(fixture.failures).isEmpty();
    fixture.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\"stream\":true,"})
  void aPromptIsReadWhileItsSchemaIsCompiled(String stream) throws Exception {
    String question = "What is beside the lamp, " + stream.length() + "?";
    String asked = Client.chat(stream + format(endless()), question, photo);
    CompletableFuture<Client.Reply> slow = CompletableFuture.supplyAsync(() -> post(CHAT, asked));
    while (fixture.server.unanswered() == 0) {
      assertThat(slow.isDone()).as("compiling came before the model").isFalse();
      Thread.onSpinWait();
    }
    String other = "{\"max_tokens\":2,\"messages\":[{\"role\":\"user\",\"content\":\"Who?\"}]}";
    assertThat(fixture.client.post(CHAT, other).status()).isEqualTo(200);
    Client.Reply reply = slow.get();
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error()).startsWith("response_format.json_schema.schema: ");
    assertThat(fixture.becomesIdle(Duration.ofSeconds(10))).isTrue();
    String again = Client.chat("\"max_tokens\":2,", question, photo);
    Client.Reply known = fixture.client.post(CHAT, again);
    int read = known.json().at("/usage/prompt_tokens").asInt();
    assertThat(known.json().at("/usage/prompt_tokens_details/cached_tokens").asInt())
        .isGreaterThan(read - 40);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/v1/chat/completions|{'stream':true,'messages':[{'role':'user','content':'Hi'}],'response_format':{'type':'json_schema','json_schema':{'schema':{'uniqueItems':true}}}}|response_format.json_schema.schema",
        "/v1/responses|{'stream':true,'input':'Hi','text':{'format':{'type':'json_schema','name':'x','schema':{'uniqueItems':true}}}}|text.format.schema",
        "/api/chat|{'model':'original','messages':[{'role':'user','content':'Hi'}],'format':{'uniqueItems':true}}|format",
        "/api/generate|{'model':'original','prompt':'Hi','format':{'uniqueItems':true}}|format"
      })
  void aWrongSchemaIsRefusedBeforeTheFirstEvent(String path, String body, String field)
      throws Exception {
    Client.Reply reply = fixture.client.post(path, body.replace('\'', '"'));
    assertThat(reply.status()).as(reply.text()).isEqualTo(400);
    assertThat(reply.text())
        .startsWith("{")
        .contains(field + ": the keyword 'uniqueItems' at # of the schema is not supported");
  }

  @Test
  void nothingOfARefusedRequestStays() throws Exception {
    for (int i = 0; i < 20; i++) {
      String asked = Client.chat(format("{\"uniqueItems\":true}"), "Question " + i + "?", photo);
      assertThat(fixture.client.post(CHAT, asked).status()).isEqualTo(400);
    }
    assertThat(fixture.becomesIdle(Duration.ofSeconds(30))).isTrue();
    assertThat(fixture.client.get("/metrics").text())
        .containsPattern("llava_requests_running\\{[^}]*} 0\n")
        .containsPattern("llava_requests_waiting\\{[^}]*} 0\n");
  }

  private Client.Reply post(String path, String body) {
    try {
      return fixture.client.post(path, body);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static String format(String schema) {
    return "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":"
        + schema
        + "}},";
  }

  // works until its time is over, or its alternatives are too many
  private static String endless() {
    StringBuilder schema = new StringBuilder("{\"type\":\"object\",\"oneOf\":[");
    for (int i = 0; i < 600; i++) {
      schema
          .append(i == 0 ? "" : ",")
          .append("{\"properties\":{\"k\":{\"pattern\":\"^a{")
          .append(i)
          .append(",}b\"},\"n")
          .append(i)
          .append("\":{\"type\":\"string\"}}}");
    }
    return schema.append("]}").toString();
  }
}
