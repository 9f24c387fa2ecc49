package llava4j.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import llava4j.cli.Main;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServeCommandTest {
  @TempDir private Path folder;

  @Test
  void aSignalLosesNoAcceptedRequest() throws Exception {
    Path key = Files.writeString(folder.resolve("key"), "secret\n");
    try (ServerProcess server = start("--api-key-file", key.toString());
        HttpClient client = HttpClient.newHttpClient()) {
      assertThat(server.firstLine).startsWith("llava: original is served at http://127.0.0.1:");
      URI address = server.at("/v1/chat/completions");
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
      server.process.destroy(); // SIGTERM
      List<String> rest = new ArrayList<>();
      lines.forEachRemaining(rest::add);

      assertThat(rest).last().isEqualTo("data: [DONE]");
      assertThat(server.process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      String log = Files.readString(folder.resolve("err"));
      assertThat(log)
          .contains("POST /v1/chat/completions 401", "POST /v1/chat/completions 200")
          .doesNotContain("Private", "secret", "Exception");
    }
  }

  /// None of them is left out in silence.
  @Test
  void keysAreInOnePlace() {
    assertRefused(
        "--api-key or LLAVA_API_KEY, and --api-key-file; write all keys into the file",
        "--api-key=one",
        "--api-key-file=keys");
  }

  @ParameterizedTest
  @CsvSource({
    "--port=70000, --port must be between",
    "--running=0, --running must be between",
    "--max-pixels=0, --max-pixels must be between",
    "--host=no.such.host.invalid, there is no host",
    "--api-key-file=nowhere, cannot read the API keys",
    "--max-body=64X, --max-body must be a size such as 64M",
    "--max-body=2G, --max-body must be between 1K and 1023M",
    "--tls-key=nowhere, --tls-key needs --tls-cert",
    "--model=other/model, the models no/such/model and other/model have no names",
    "'--api-key= ', the API key is empty",
    "'--name= ', --name is empty"
  })
  void whatCannotBeUsedIsSaidBeforeTheModelIsLoaded(String option, String sentence) {
    assertRefused(sentence, "-m", "no/such/model", option);
  }

  /// With one sentence.
  private static void assertRefused(String sentence, String... options) {
    StringWriter err = new StringWriter();
    String[] command = Stream.concat(Stream.of("serve"), Stream.of(options)).toArray(String[]::new);
    int code =
        Main.execute(
            Main.commandLine(new PrintWriter(new StringWriter()), new PrintWriter(err)), command);

    assertThat(code).isEqualTo(2);
    assertThat(err.toString().lines().toList()).singleElement().asString().contains(sentence);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "       |               |      | bundled",
        " m     |               |      | m",
        "       | m             |      | m",
        "       | m             | name | name=m",
        " m     | a=b           |      | m a=b",
        " m     | a=b c=d/e=f   | name | name=m a=b c=d/e=f",
        "       | a=b c=d       |      | a=b c=d",
        "       | a=b m         |      | m a=b",
        "       | ./a=b         |      | ./a=b"
      })
  void modelsHaveNames(String argument, String options, String name, String expected) {
    List<ModelArguments> models =
        ModelArguments.parse(
            Optional.ofNullable(argument),
            options == null ? List.of() : List.of(options.split(" ")),
            Optional.ofNullable(name));
    assertThat(
            models.stream()
                .map(model ->
                    model.name().map(text -> text + "=").orElse("")
                        + model.place().orElse("bundled"))
                .collect(Collectors.joining(" ")))
        .isEqualTo(expected);
  }

  @Test
  void whatHasNoEffectOrNoMeaningIsRefused() {
    assertThatThrownBy(
            () -> ModelArguments.parse(Optional.empty(), List.of("a=b"), Optional.of("name")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("--name would have no effect");
    assertThatThrownBy(() -> ModelArguments.parse(Optional.of("a"), List.of("b"), Optional.empty()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("write --model NAME=MODEL");
  }

  @Test
  void severalModelsAreServed() throws Exception {
    String second = "second=" + Golden.path("original");
    try (ServerProcess server = start("--model", second, "--max-images", "0");
        HttpClient client = HttpClient.newHttpClient()) {
      assertThat(server.firstLine)
          .startsWith("llava: original, second are served at http://127.0.0.1:");
      assertThat(server.get("/v1/models"))
          .contains("\"original\"", "\"second\"")
          .doesNotContain("vision");
      HttpResponse<String> answered =
          client.send(
              HttpRequest.newBuilder(server.at("/v1/chat/completions"))
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          "{\"model\":\"second\",\"max_tokens\":2,\"messages\":[{\"role\":\"user\","
                              + "\"content\":\"Hi\"}]}"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answered.statusCode()).isEqualTo(200);
      HttpResponse<String> refused =
          client.send(
              HttpRequest.newBuilder(server.at("/api/generate"))
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          "{\"model\":\"second\",\"prompt\":\"Hi\",\"images\":[\"aGFsbG8=\"]}"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(refused.statusCode()).isEqualTo(400);
      assertThat(refused.body()).contains("this server takes no images");
      assertThat(Files.readString(folder.resolve("err")))
          .contains("llava: original is loaded (", "llava: second is loaded (");
    }
  }

  /// With many answers under way, which the first signal waits for.
  @Test
  @EnabledOnOs(OS.LINUX)
  void aSecondInterruptEndsAtOnce() throws Exception {
    String body =
        "{\"stream\":true,\"max_tokens\":1500,\"n\":20,\"temperature\":1,\"messages\":[{\"role\":"
            + "\"user\",\"content\":\"Hi\"}]}";
    try (ServerProcess server = start();
        Socket stream = LoadClient.open(server, body)) {
      Process process = server.process;
      assertThat(stream.getInputStream().read()).isEqualTo('H');
      interrupt(process);
      Path log = folder.resolve("err");
      while (!Files.readString(log).contains("Ctrl-C again ends at once")) {
        assertThat(process.isAlive()).isTrue();
        Thread.sleep(10);
      }
      interrupt(process);

      assertThat(process.waitFor(5, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(130);
    }
  }

  private static void interrupt(Process process) throws Exception {
    assertThat(new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor())
        .isZero();
  }

  private ServerProcess start(String... options) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(Golden.path("original").toString()));
    arguments.addAll(List.of(options));
    return new ServerProcess(folder.resolve("err"), arguments);
  }
}
