package llava4j.image.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Set;
import llava4j.error.BadInputException;
import llava4j.image.ImageSource;
import llava4j.image.Images;
import llava4j.image.decode.DecodeOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFetcherTest {
  private static final byte[] IMAGE = Images.encoded("png", 12, 8);

  private HttpServer server;

  @BeforeEach
  void startServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/picture", exchange -> answer(exchange, 200, IMAGE.length));
    server.createContext("/chunked", exchange -> answer(exchange, 200, 0));
    server.createContext("/missing", exchange -> exchange.sendResponseHeaders(404, -1));
    server.createContext("/once", exchange -> redirect(exchange, "/picture?size=1"));
    server.createContext("/loop", exchange -> redirect(exchange, "/loop"));
    server.createContext("/inward", exchange -> redirect(exchange, "http://127.0.0.2/secret"));
    server.createContext("/file", exchange -> redirect(exchange, "file:///etc/hostname"));
    server.start();
  }

  @AfterEach
  void stopServer() {
    server.stop(0);
  }

  private static void answer(HttpExchange exchange, int status, long length) throws IOException {
    exchange.sendResponseHeaders(status, length);
    try (OutputStream body = exchange.getResponseBody()) {
      body.write(IMAGE);
    }
  }

  private static void redirect(HttpExchange exchange, String location) throws IOException {
    exchange.getResponseHeaders().add("Location", location);
    exchange.sendResponseHeaders(302, -1);
    exchange.close();
  }

  private String address(String path) {
    return "http://localhost:" + server.getAddress().getPort() + path;
  }

  private static FetchPolicy local(long maxBytes) {
    return new FetchPolicy(true, maxBytes, Duration.ofSeconds(5), 5, Set.of("localhost"));
  }

  private static byte[] fetch(FetchPolicy policy, String source) {
    return new ImageFetcher(policy, new ByteArrayInputStream(IMAGE))
        .fetch(ImageSource.parse(source));
  }

  private static void assertRefused(FetchPolicy policy, String source, String... words) {
    assertThatThrownBy(() -> fetch(policy, source))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll(words);
  }

  @Test
  void everySourceGivesTheSameBytes(@TempDir Path folder) throws IOException {
    Path file = Files.write(folder.resolve("picture.dat"), IMAGE);
    FetchPolicy policy = local(1 << 20);
    assertThat(fetch(policy, file.toString())).isEqualTo(IMAGE);
    assertThat(fetch(policy, "-")).isEqualTo(IMAGE);
    String base64 = Base64.getEncoder().encodeToString(IMAGE);
    assertThat(fetch(policy, "data:image/png;base64," + base64)).isEqualTo(IMAGE);
    assertThat(fetch(policy, "data:;base64," + base64.replace("+", "%2B"))).isEqualTo(IMAGE);
    assertThat(fetch(policy, address("/picture"))).isEqualTo(IMAGE);
    assertThat(fetch(policy, address("/chunked"))).isEqualTo(IMAGE);
    assertThat(fetch(policy, address("/once"))).isEqualTo(IMAGE);
    var source = new ImageSource.OfBytes("memory", IMAGE);
    var fetcher = new ImageFetcher(policy, new ByteArrayInputStream(IMAGE));
    assertThat(fetcher.decode(source, DecodeOptions.defaults()).image().width()).isEqualTo(12);
  }

  @Test
  void addressesNeedPermission() {
    assertRefused(FetchPolicy.withoutUrls(), address("/picture"), "--allow-url");
  }

  @Test
  void privateNetworksAreRefused() {
    FetchPolicy policy = FetchPolicy.withUrls();
    for (String host :
        new String[] {
          "localhost", "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.20.0.1", "169.254.169.254",
          "100.64.0.1", "0.0.0.0", "224.0.0.1", "[::1]", "[fd00::1]", "[fe80::1]",
          "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "2130706433"
        }) {
      assertThatThrownBy(() -> fetch(policy, "http://" + host + "/x"))
          .as(host)
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("private network");
    }
  }

  @Test
  void publicAddressesArePublic() throws IOException {
    for (String address : new String[] {"8.8.8.8", "1.1.1.1", "2606:4700::1111", "172.32.0.1"}) {
      assertThat(PublicAddress.isPublic(InetAddress.getByName(address))).as(address).isTrue();
    }
  }

  @Test
  void redirectsAreCheckedAnew() {
    assertRefused(local(1 << 20), address("/inward"), "127.0.0.2", "private network");
    assertRefused(local(1 << 20), address("/file"), "not an http or https");
    assertRefused(local(1 << 20), address("/loop"), "redirects more than 5");
  }

  @Test
  void sizeIsLimitedEverywhere(@TempDir Path folder) throws IOException {
    Path file = Files.write(folder.resolve("big.png"), IMAGE);
    String base64 = "data:image/png;base64," + Base64.getEncoder().encodeToString(IMAGE);
    for (String source :
        new String[] {file.toString(), "-", base64, address("/picture"), address("/chunked")}) {
      assertRefused(local(IMAGE.length - 1), source, "limit of " + (IMAGE.length - 1));
      assertThat(fetch(local(IMAGE.length), source)).isEqualTo(IMAGE);
    }
  }

  @Test
  void aSilentServerRunsOutOfTime() throws IOException {
    try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var policy = new FetchPolicy(true, 1000, Duration.ofMillis(200), 5, Set.of("localhost"));
      assertRefused(
          policy, "http://localhost:" + silent.getLocalPort() + "/", "was not received within");
    }
  }

  /// A server that says something and then, mostly, nothing more.
  private static String rawServer(ServerSocket listening, String answer, long pauseMillis) {
    Thread.ofVirtual()
        .start(() -> {
          try (Socket socket = listening.accept()) {
            var in = socket.getInputStream();
            for (int seen = 0; seen < 4; ) {
              seen = "\r\n".indexOf(in.read()) >= 0 ? seen + 1 : 0;
            }
            for (byte one : answer.getBytes(StandardCharsets.ISO_8859_1)) {
              socket.getOutputStream().write(one);
              Thread.sleep(pauseMillis);
            }
          } catch (IOException | InterruptedException _) {
            // the client has hung up
          }
        });
    return "http://localhost:" + listening.getLocalPort() + "/";
  }

  private static void assertAnswerRefused(String answer, String... words) throws IOException {
    try (var listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = rawServer(listening, answer, 0);
      assertTimeoutPreemptively(
          Duration.ofSeconds(5), () -> assertRefused(local(1000), address, words));
    }
  }

  @Test
  void claimedLengthsHitTheLimit() throws IOException {
    String chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    assertAnswerRefused(chunked + "4\r\nabcd\r\n7fffffffffffffff\r\nxxxx", "limit of 1000");
    assertAnswerRefused(chunked + "4\r\nabcd\r\n" + "f".repeat(40) + "\r\nx", "limit of 1000");
    assertAnswerRefused(chunked + "-1\r\nabcd", "broken length");
    assertAnswerRefused(chunked + "\r\nabcd", "broken length");
    String plain = "HTTP/1.1 200 OK\r\nContent-Length: ";
    assertAnswerRefused(plain + Long.MAX_VALUE + "\r\n\r\nabc", "limit of 1000");
    assertAnswerRefused(plain + "99999999999999999999999\r\n\r\nabc", "limit of 1000");
    assertAnswerRefused(plain + "-5\r\n\r\nabc", "broken length");
    assertAnswerRefused(plain + "9\r\n\r\nabc", "broke off");
  }

  @Test
  void endlessHeadersAreRefused() throws IOException {
    String start = "HTTP/1.1 200 OK\r\n";
    assertAnswerRefused(start + "A: b\r\n".repeat(5000), "too many headers");
    assertAnswerRefused(start + ("A: " + "b".repeat(16_000) + "\r\n").repeat(30), "too many");
    assertAnswerRefused(start + "A: " + "b".repeat(100_000), "endless line");
    assertAnswerRefused("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(50), "interim");
  }

  @Test
  void interimAnswersArePassedOver() throws IOException {
    try (var listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String answer =
          "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
      assertThat(fetch(local(1000), rawServer(listening, answer, 0))).hasSize(2);
    }
  }

  @Test
  void packedAnswersAreNamed() throws IOException {
    assertAnswerRefused(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "gzip");
  }

  @Test
  void slowBytesDoNotOutliveTheDeadline() throws IOException {
    var policy = new FetchPolicy(true, 1000, Duration.ofMillis(400), 5, Set.of("localhost"));
    for (String answer : new String[] {"HTTP/1.1 200 OK\r\n" + "A: b\r\n".repeat(99), ""}) {
      try (var listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        String address = rawServer(listening, answer + " ".repeat(999), 30);
        assertTimeoutPreemptively(
            Duration.ofSeconds(3), () -> assertRefused(policy, address, "was not received within"));
      }
    }
  }

  /// A record of TLS that never ends, a byte at a time: each byte is progress to the socket.
  @Test
  void aSlowHandshakeDoesNotOutliveTheDeadline() throws IOException {
    var policy = new FetchPolicy(true, 1000, Duration.ofMillis(400), 5, Set.of("localhost"));
    try (var listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual()
          .start(() -> {
            try (Socket socket = listening.accept()) {
              byte[] record = new byte[1000];
              record[0] = 22;
              record[1] = 3;
              record[2] = 3;
              record[3] = 0x3F;
              for (byte one : record) {
                socket.getOutputStream().write(one);
                Thread.sleep(30);
              }
            } catch (IOException | InterruptedException _) {
              // the client has hung up
            }
          });
      String address = "https://localhost:" + listening.getLocalPort() + "/";
      assertTimeoutPreemptively(
          Duration.ofSeconds(3), () -> assertRefused(policy, address, "was not received within"));
    }
  }

  @Test
  void mistakesAreNamed(@TempDir Path folder) {
    FetchPolicy policy = local(1000);
    assertRefused(policy, folder.resolve("none.jpg").toString(), "none.jpg", "there is no");
    assertRefused(policy, folder.toString(), "is a folder");
    assertRefused(policy, address("/missing"), "404");
    assertRefused(policy, "data:image/png;base64", "comma");
    assertRefused(policy, "data:image/png;base64,AAA=A", "base64");
    assertRefused(policy, "http://no-such-host.invalid/x", "no host");
    assertRefused(policy, "http://a b/", "not a valid");
    assertRefused(policy, "http:///x", "http:///x");
  }
}
