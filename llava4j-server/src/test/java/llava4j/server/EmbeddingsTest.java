package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import llava4j.TextEmbedding;
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
        "400|{\"input\":{}}|input must be a list",
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
}
