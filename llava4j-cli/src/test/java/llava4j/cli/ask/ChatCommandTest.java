package llava4j.cli.ask;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import llava4j.cli.LlavaProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `llava chat` as a process whose lines come from a pipe, with the bundled model.
@Timeout(120)
class ChatCommandTest {
  private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern OBJECT = Pattern.compile("\\{[^}]*}");

  @TempDir private Path folder;

  /// Each answer of a conversation, not only the first.
  @Test
  void everyAnswerOfAChatFulfilsTheSchema() throws Exception {
    String schema = CHECKOUT.resolve("examples/schemas/animal.json").toString();
    String image = CHECKOUT.resolve("examples/images/elephant.png").toString();
    String lines =
        "What is this?\nHow many are there?\n/reset\n/image " + image + "\nAnd here?\n/exit\n";
    Process chat = start("--schema", schema, image);
    chat.getOutputStream().write(lines.getBytes(StandardCharsets.UTF_8));
    chat.getOutputStream().close();
    String said = new String(chat.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(chat.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(chat.exitValue()).as(said + errors()).isZero();
    List<String> answers = OBJECT.matcher(said).results().map(MatchResult::group).toList();
    assertThat(answers).as(said).hasSize(3);
    for (String answer : answers) {
      JsonNode animal = new JsonMapper().readTree(answer);
      assertThat(animal.propertyNames()).containsExactly("animal", "count", "is_outdoors");
      assertThat(animal.get("animal").asString()).isIn("elephant", "penguin", "other");
      assertThat(animal.get("count").asInt()).isBetween(0, 99);
      assertThat(animal.get("is_outdoors").isBoolean()).isTrue();
    }
  }

  @Test
  void aWrongSchemaIsRefusedBeforeTheFirstQuestion() throws Exception {
    Path schema = Files.writeString(folder.resolve("u.json"), "{\"uniqueItems\": true}");
    Process chat = start("--schema", schema.toString());
    chat.getOutputStream().close();
    String said = new String(chat.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(chat.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(chat.exitValue()).as(said).isEqualTo(2);
    assertThat(errors()).contains("'uniqueItems'");
    assertThat(said).doesNotContain("Ask about");
  }

  private String errors() throws IOException {
    return Files.readString(folder.resolve("err"));
  }

  private Process start(String... options) throws IOException {
    List<String> command =
        LlavaProcess.command(
            List.of(),
            List.of(
                "chat",
                "-m",
                CHECKOUT.resolve("models/llava-tiny").toString(),
                "--max-tokens=100"));
    command.addAll(List.of(options));
    return new ProcessBuilder(command).redirectError(folder.resolve("err").toFile()).start();
  }
}
