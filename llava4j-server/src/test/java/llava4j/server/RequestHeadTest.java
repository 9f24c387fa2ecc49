package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Heads of requests that a server must not guess about.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestHeadTest {
  private static final String BODY =
      "{\"max_tokens\":2,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final String CHUNKED =
      Integer.toHexString(BODY.length()) + "\r\n" + BODY + "\r\n0\r\n\r\n";

  private ServerFixture fixture;

  @BeforeAll
  void start() {
    fixture = new ServerFixture();
  }

  @AfterAll
  void stop() throws Exception {
    assertThat(fixture.failures).isEmpty();
    assertThat(fixture.client.post("/v1/chat/completions", BODY).status()).isEqualTo(200);
    fixture.close();
  }

  static Stream<Arguments> heads() {
    return Stream.of(
        Arguments.of(
            400,
            post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + CHUNKED,
            "Content-Length and Transfer-Encoding"),
        Arguments.of(
            400,
            post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") + CHUNKED,
            "Content-Length and Transfer-Encoding"),
        Arguments.of(
            400,
            old("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + CHUNKED,
            "HTTP/1.0 has no Transfer-Encoding"),
        Arguments.of(
            400,
            old("Transfer-Encoding: chunked\r\n") + CHUNKED,
            "HTTP/1.0 has no Transfer-Encoding"),
        Arguments.of(
            400,
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n") + CHUNKED,
            "only once"),
        Arguments.of(
            400,
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") + CHUNKED,
            "only once"),
        Arguments.of(
            400, post("Transfer-Encoding: chunked, chunked\r\n") + CHUNKED, "chunked only"),
        Arguments.of(400, post("Transfer-Encoding: gzip, chunked\r\n") + CHUNKED, "chunked only"),
        Arguments.of(400, post("Transfer-Encoding: xx\r\n") + BODY, "chunked only"),
        Arguments.of(
            400, post("Content-Length: 5\r\nContent-Length: 6\r\n") + BODY, "unusable header"),
        Arguments.of(400, post("Content-Length: -5\r\n") + BODY, "unusable header"),
        Arguments.of(
            415, post("Content-Encoding: gzip\r\nContent-Length: 3\r\n") + "abc", "as it is"),
        Arguments.of(400, "GET /v1/models HTTP/1.1\r\n\r\n", "header Host"),
        Arguments.of(
            400, "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", "only once"),
        Arguments.of(
            403,
            "GET http://evil.example/v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "localhost only"),
        Arguments.of(
            431, "GET / HTTP/1.1\r\nX: " + "y".repeat(20_000) + "\r\n\r\n", "headers of the"),
        Arguments.of(414, "GET /" + "y".repeat(20_000) + " HTTP/1.1\r\n\r\n", "path of the"),
        Arguments.of(400, "GET /v1/models\r\n\r\n", "not HTTP/1.1"));
  }

  private static String post(String headers) {
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
  }

  private static String old(String headers) {
    return post(headers).replace("HTTP/1.1", "HTTP/1.0");
  }

  @ParameterizedTest
  @MethodSource("heads")
  void eachHasItsStatusAndOneSentence(int status, String text, String words) throws Exception {
    String response = raw(text);

    assertThat(response).contains(" " + status + " ", "{\"error\":{\"message\":\"", words);
  }

  @Test
  void whatHttpAllowsIsAnswered() throws Exception {
    assertThat(raw(post("Transfer-Encoding: chunked\r\n") + CHUNKED)).contains(" 200 ");
    assertThat(raw(post("Content-Encoding: identity\r\nContent-Length: 60\r\n") + BODY))
        .contains(" 200 ");
    assertThat(raw("GET /v1/models HTTP/1.0\r\nHost: localhost\r\n\r\n")).contains(" 200 ");
    assertThat(raw("GET http://localhost/v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        .contains(" 200 ");
  }

  @Test
  void anotherMethodIsToldTheRightOnes() throws Exception {
    assertThat(allowed("PUT", "/v1/chat/completions")).isEqualTo("POST");
    assertThat(allowed("OPTIONS", "/api/chat")).isEqualTo("POST");
    assertThat(allowed("DELETE", "/v1/models/original")).isEqualTo("GET, HEAD");
  }

  private String allowed(String method, String path) throws Exception {
    HttpRequest request =
        fixture.client.to(path).method(method, HttpRequest.BodyPublishers.noBody()).build();
    Client.Reply reply = fixture.client.send(request);
    assertThat(reply.status()).isEqualTo(405);
    return reply.response().headers().firstValue("Allow").orElse("");
  }

  private String raw(String text) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), fixture.server.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      StringBuilder read = new StringBuilder();
      InputStream in = socket.getInputStream();
      for (int next = in.read(); next >= 0; next = in.read()) {
        read.append((char) next);
        if (next == '}' && in.available() == 0) {
          break;
        }
      }
      return read.toString();
    }
  }
}
