package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import javax.net.ssl.SSLHandshakeException;
import llava4j.error.BadInputException;
import llava4j.server.http.TlsFiles;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsTest {
  @TempDir private static Path folder;
  private static TlsPair rsa;
  private static TlsPair elliptic;

  private ServerFixture fixture;

  @BeforeAll
  static void makePairs() throws Exception {
    rsa = TlsPair.make(folder, "rsa", "-keyalg", "RSA");
    elliptic = TlsPair.make(folder, "elliptic", "-keyalg", "EC");
  }

  @AfterEach
  void stop() {
    if (fixture != null) {
      fixture.close();
    }
  }

  @Test
  void answersAreEncryptedAndPlainHttpGetsASentence() throws Exception {
    start(rsa.files());
    assertThat(models(rsa)).isEqualTo(200);

    Client.Reply plain = fixture.client.get("/v1/models");
    assertThat(plain.status()).isEqualTo(400);
    assertThat(plain.error()).isEqualTo("this server speaks TLS; use https:// in place of http://");
    assertThatThrownBy(() -> models(elliptic)).isInstanceOf(SSLHandshakeException.class);
    assertThat(models(rsa)).isEqualTo(200);
    assertThat(fixture.failures).isEmpty();
    assertThat(fixture.notes).allMatch(note -> note.lines().count() == 1);
  }

  @Test
  void aChangedCertificateIsUsedAndABrokenOneIsNot() throws Exception {
    TlsFiles files = new TlsFiles(folder.resolve("live.crt"), folder.resolve("live.key"));
    put(elliptic, files);
    start(files);
    assertThat(models(elliptic)).isEqualTo(200);

    Files.writeString(files.key(), "nothing");
    until("the certificate stays as it was: " + files.key() + " is no private key");
    assertThat(models(elliptic)).isEqualTo(200);
    put(rsa, files);
    until("is renewed");
    assertThat(models(rsa)).isEqualTo(200);
    assertThatThrownBy(() -> models(elliptic)).isInstanceOf(SSLHandshakeException.class);
  }

  @Test
  void aPairThatIsNotValidYetIsUsedWhenItIs() throws Exception {
    TlsFiles files = new TlsFiles(folder.resolve("soon.crt"), folder.resolve("soon.key"));
    put(elliptic, files);
    start(files);
    TlsPair soon = TlsPair.make(folder, "from", "-keyalg", "EC", "-startdate", "+8S");
    put(soon, files);
    until("is not valid yet");
    until("is renewed");

    assertThat(models(soon)).isEqualTo(200);
    assertThat(fixture.notes.stream().filter(note -> note.contains("not valid yet"))).hasSize(1);
  }

  @Test
  void whatIsSentWithoutTlsIsNotLogged() throws Exception {
    start(rsa.files());
    String secret = "secret prompt ".repeat(300);
    assertThat(plain("\u0016" + secret)).doesNotContain("200 OK");
    until("NotSslRecordException");

    assertThat(fixture.notes)
        .allMatch(note -> note.length() < 250 && !note.contains("73656372"), "without the bytes");
    assertThat(plain("post / " + secret)).contains("400 Bad Request", "use https://");
  }

  private String plain(String text) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), fixture.server.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    } catch (SocketException _) {
      return ""; // closed at once
    }
  }

  @Test
  void filesThatCannotBeUsedAreASentence() throws Exception {
    TlsPair old =
        TlsPair.make(folder, "old", "-keyalg", "EC", "-startdate", "-9d", "-validity", "3");
    TlsPair early = TlsPair.make(folder, "early", "-keyalg", "EC", "-startdate", "+9d");
    Path locked =
        Files.writeString(
            folder.resolve("locked.key"),
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");

    refused(old.files(), "the certificate " + old.files().certificate() + " has expired");
    refused(early.files(), "is not valid yet");
    refused(new TlsFiles(rsa.files().certificate(), elliptic.files().key()), "does not belong to");
    refused(new TlsFiles(elliptic.files().certificate(), old.files().key()), "does not belong to");
    refused(new TlsFiles(rsa.files().certificate(), locked), "is encrypted");
    refused(new TlsFiles(rsa.files().certificate(), folder.resolve("none")), "(NoSuchFile)");
    refused(new TlsFiles(folder, rsa.files().key()), "cannot read the certificate");
    refused(new TlsFiles(rsa.files().key(), rsa.files().key()), "is no certificate in PEM");
    refused(
        new TlsFiles(rsa.files().certificate(), rsa.files().certificate()),
        "is no private key in PEM");
  }

  private void refused(TlsFiles files, String sentence) {
    assertThatThrownBy(() -> start(files))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(sentence);
  }

  private void start(TlsFiles files) {
    fixture = new ServerFixture(ServerSettings.defaults().withTls(files));
  }

  private static void put(TlsPair pair, TlsFiles place) throws IOException {
    Files.copy(
        pair.files().certificate(), place.certificate(), StandardCopyOption.REPLACE_EXISTING);
    Files.copy(pair.files().key(), place.key(), StandardCopyOption.REPLACE_EXISTING);
  }

  private int models(TlsPair trusted) throws Exception {
    try (HttpClient client = HttpClient.newBuilder().sslContext(trusted.trusting()).build()) {
      URI address = URI.create("https://localhost:" + fixture.server.port() + "/v1/models");
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(address).timeout(Duration.ofSeconds(20)).build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
      return response.statusCode();
    }
  }

  private void until(String note) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (fixture.notes.stream().noneMatch(one -> one.contains(note))) {
      assertThat(System.nanoTime()).as("in time: " + note).isLessThan(end);
      Thread.sleep(20);
    }
  }
}
