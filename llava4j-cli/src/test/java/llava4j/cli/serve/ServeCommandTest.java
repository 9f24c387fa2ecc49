package llava4j.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import llava4j.cli.Main;
import llava4j.golden.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServeCommandTest {
  @TempDir private Path folder;

  @Test
  void aSignalLosesNoAcceptedRequest() throws Exception {
    Path key = Files.writeString(folder.resolve("key"), "secret\n");
    Process process = start("--api-key-file", key.toString());
    try (BufferedReader out = process.inputReader();
        HttpClient client = HttpClient.newHttpClient()) {
      String line = out.readLine();
      assertThat(line).startsWith("llava: original is served at http://127.0.0.1:");
      URI address = URI.create(line.substring(line.indexOf("http")) + "/v1/chat/completions");
      HttpRequest.Builder request =
          HttpRequest.newBuilder(address)
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      "{\"stream\":true,\"max_tokens\":200,\"messages\":[{\"role\":\"user\",\"content\":\"Private"
                          + " words\"}]}"));

      HttpResponse<Stream<String>> refused =
          client.send(request.build(), HttpResponse.BodyHandlers.ofLines());
      assertThat(refused.statusCode()).isEqualTo(401);
      HttpResponse<Stream<String>> response =
          client.send(
              request.header("Authorization", "Bearer secret").build(),
              HttpResponse.BodyHandlers.ofLines());
      Iterator<String> lines = response.body().filter(text -> !text.isEmpty()).iterator();
      assertThat(lines.next()).contains("assistant");
      process.destroy(); // SIGTERM
      List<String> rest = new ArrayList<>();
      lines.forEachRemaining(rest::add);

      assertThat(rest).last().isEqualTo("data: [DONE]");
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      String log = Files.readString(folder.resolve("err"));
      assertThat(log)
          .contains("POST /v1/chat/completions 401", "POST /v1/chat/completions 200")
          .doesNotContain("Private", "secret", "Exception");
    } finally {
      process.destroyForcibly();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "--port=70000, --port must be between",
    "--running=0, --running must be between",
    "--max-pixels=0, --max-pixels must be between",
    "--host=no.such.host.invalid, there is no host",
    "--api-key-file=nowhere, cannot read the API key",
    "'--api-key= ', the API key is empty"
  })
  void whatCannotBeUsedIsSaidBeforeTheModelIsLoaded(String option, String sentence) {
    StringWriter err = new StringWriter();
    int code =
        Main.execute(
            Main.commandLine(new PrintWriter(new StringWriter()), new PrintWriter(err)),
            "serve",
            "-m",
            "no/such/model",
            option);

    assertThat(code).isEqualTo(2);
    assertThat(err.toString().lines().toList()).singleElement().asString().contains(sentence);
  }

  private Process start(String... options) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "serve",
                Golden.path("original").toString(),
                "--port=0"));
    command.addAll(List.of(options));
    return new ProcessBuilder(command).redirectError(folder.resolve("err").toFile()).start();
  }
}
