package llava4j.cli.ask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import llava4j.cli.Main;
import llava4j.golden.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// How `ask` tells images from the question: by position, by option, and both mixed.
class QuestionArgumentsTest {
  private final String photo = Golden.path("images/photo_420.jpg").toString();
  private final String model = Golden.path("original").toString();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cat.jpg|Hi?",
        "--image|cat.jpg|Hi?",
        "--image-file|cat.jpg|Hi?",
        "--image=cat.jpg|Hi?",
        "Hi?|--image|cat.jpg",
        "--image|cat.jpg|-p|Hi?",
        "--prompt|Hi?|--image|cat.jpg"
      })
  void theFormsMeanTheSame(String words) {
    QuestionArguments.Question question = parse(words.split("\\|"));
    assertThat(question.images()).containsExactly("cat.jpg");
    assertThat(question.text()).isEqualTo("Hi?");
  }

  @Test
  void imagesKeepTheOrderInWhichTheyWereTyped() {
    assertThat(parse("a", "--image", "b", "c", "--stream", "--image=d", "e", "Hi?").images())
        .containsExactly("a", "b", "c", "d", "e");
    assertThat(parse("--image", photo, "-p", "Hi?", "-", photo).images())
        .containsExactly(photo, "-", photo);
    assertThat(parse("-p", "Hi?", "http://example.org/a.png").images())
        .containsExactly("http://example.org/a.png");
    assertThat(parse("same", "--image", "same", "same").images()).containsExactly("same", "same");
  }

  @Test
  void aQuestionNeedsNoImage() {
    assertThat(parse("Hi?")).isEqualTo(new QuestionArguments.Question(List.of(), "Hi?"));
    assertThat(parse("-p", "Hi?")).isEqualTo(new QuestionArguments.Question(List.of(), "Hi?"));
  }

  @Test
  void aMissingOrSecondQuestionIsOneSentence() {
    refused("the question is missing", "ask", "-m", model);
    refused("the question is missing", "ask", "-m", model, "--image", photo);
    refused(photo + " is a file", "ask", "-m", model, "--image", photo, photo);
    refused("'And why?' is not an image file", "ask", "-m", model, photo, "And why?", "-p", "Hi?");
    refused("--prompt", "ask", "-m", model, "-p", "Hi?", "--prompt", "And why?");
    refused("--image", "ask", "-m", model, "Hi?", "--image");
    refused("the question is empty", "ask", "-m", model, photo, "");
    refused("the question is empty", "ask", "-m", model, photo, "-p", " ");
    refused("the question is empty", "ask", "-m", model, "\t");
  }

  @Test
  void bothFormsGiveTheSameAnswer() {
    String plain = answer("ask", "-m", model, "--max-tokens", "3", photo, "What is it?");
    String options =
        answer(
            "ask", "-m", model, "--max-tokens", "3", "--image", photo, "--prompt", "What is it?");
    assertThat(options).isEqualTo(plain).isNotBlank();
  }

  @Test
  void aChatBeginsWithTheImagesOfBothForms() {
    String missing = Path.of("none.png").toString();
    refused(missing, "chat", "-m", model, "--image", missing);
    refused(missing, "chat", "-m", model, "--image-file", photo, missing);
  }

  @Test
  void theQuestionIsNotReadTwice() {
    assertThatThrownBy(() -> parse("no file", "-p", "Hi?"))
        .hasMessageContaining("give one question");
  }

  private static QuestionArguments.Question parse(String... words) {
    AskedOnly command = new AskedOnly();
    new CommandLine(command).parseArgs(words);
    return command.arguments.question();
  }

  private String answer(String... words) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    assertThat(run(out, err, words)).as(err.toString()).isZero();
    return out.toString();
  }

  private static void refused(String named, String... words) {
    StringWriter err = new StringWriter();
    assertThat(run(new StringWriter(), err, words)).isEqualTo(2);
    assertThat(err.toString().lines().filter(line -> !line.isBlank()))
        .as(String.join(" ", words))
        .last()
        .asString()
        .contains(named);
    assertThat(err.toString()).doesNotContain("Exception").hasLineCount(1);
  }

  private static int run(StringWriter out, StringWriter err, String... words) {
    return Main.execute(
        Main.commandLine(new PrintWriter(out, true), new PrintWriter(err, true)), words);
  }

  /// A command with nothing but these arguments and a flag.
  @Command
  static final class AskedOnly {
    @Mixin private QuestionArguments arguments;

    @Option(names = "--stream")
    void setStream(boolean on) {
      assertThat(on).isTrue();
    }
  }
}
