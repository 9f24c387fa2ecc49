package llava4j.cli.option;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import llava4j.cli.Main;
import llava4j.tensor.NativeRuntime;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The options for the form of an answer, with the bundled model.
class AnswerFormTest {
  private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void prepare() {
    NativeRuntime.prepare();
  }

  @Test
  void answersHaveTheFormThatIsAskedFor() {
    String schema = CHECKOUT.resolve("examples/schemas/animal.json").toString();
    JsonNode animal = new JsonMapper().readTree(answer("--schema", schema));
    assertThat(animal.propertyNames()).containsExactly("animal", "count", "is_outdoors");
    assertThat(answer("--choice", "Yes", "--choice", "No")).isIn("Yes", "No");
    assertThat(answer("--regex", "[A-D]", "--beams", "2")).matches("[A-D]");
    assertThat(new JsonMapper().readTree(answer("--json")).isObject()).isTrue();
  }

  @Test
  void grammarsAreReadFromFiles() throws IOException {
    Path grammar = folder.resolve("box.gbnf");
    Files.writeString(grammar, "root ::= \"[\" [0-9] \"]\"");
    assertThat(answer("--grammar", grammar.toString())).matches("\\[\\d]");
  }

  @Test
  void wrongFormsAreOneSentence() throws IOException {
    refused("takes the name of a file", "--schema", "{\"type\":\"object\"}");
    refused("there is no file", "--schema", folder.resolve("none.json").toString());
    Path ignored = Files.writeString(folder.resolve("s.json"), "{\"propertys\": {}}");
    refused("/propertys", "--schema", ignored.toString());
    Path unsupported = Files.writeString(folder.resolve("u.json"), "{\"uniqueItems\": true}");
    refused("'uniqueItems'", "--schema", unsupported.toString());
    refused("--regex: ", "--regex", "(");
    refused("mutually exclusive", "--json", "--choice", "a");
  }

  private String answer(String... options) {
    out.getBuffer().setLength(0);
    assertThat(run(options)).as(err.toString()).isZero();
    return out.toString().strip();
  }

  private void refused(String named, String... options) {
    err.getBuffer().setLength(0);
    assertThat(run(options)).as(err.toString()).isEqualTo(2);
    assertThat(err.toString()).contains(named).hasLineCount(1);
  }

  private int run(String... options) {
    List<String> words = new ArrayList<>(List.of("ask", "--max-tokens", "100"));
    words.addAll(List.of("-m", CHECKOUT.resolve("models/llava-tiny").toString()));
    words.addAll(List.of(options));
    words.add(CHECKOUT.resolve("examples/images/elephant.png").toString());
    words.add("What is this?");
    return Main.execute(
        Main.commandLine(new PrintWriter(out, true), new PrintWriter(err, true)),
        words.toArray(String[]::new));
  }
}
