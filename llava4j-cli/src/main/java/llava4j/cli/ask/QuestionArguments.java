package llava4j.cli.ask;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llava4j.cli.ask.ImageArguments.Typed;
import llava4j.error.BadInputException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// The images and the question of `llava ask`, given by position (`cat.jpg "What is this?"`), by
/// option (`--image cat.jpg --prompt "What is this?"`) or both.
final class QuestionArguments {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  private final ImageArguments typed = new ImageArguments();

  @Parameters(
      arity = "0..*",
      paramLabel = "IMAGE... QUESTION",
      description =
          "Images (a file, a data: URI, - for standard input, or an address with --allow-url), then the question.")
  void setWords(List<String> soFar) {
    typed.byPosition(soFar);
  }

  @Option(
      names = {"--image", "--image-file"},
      paramLabel = "IMAGE",
      description = "Another way to give an image; may be repeated.")
  void setImages(List<String> soFar) {
    typed.ofOption(soFar);
  }

  @Option(
      names = {"-p", "--prompt"},
      paramLabel = "TEXT",
      description = "Another way to give the question; all other arguments are images then.")
  private String prompt;

  /// @param images names, in the order in which they were typed
  record Question(List<String> images, String text) {}

  /// Tells the question from the images: it is `--prompt`, or else the last positional argument.
  ///
  /// @throws BadInputException if the question is missing, empty or given twice
  Question question() {
    List<Typed> arguments = new ArrayList<>(typed.inOrder());
    Optional<Typed> last =
        arguments.stream().filter(word -> !word.option()).reduce((_, later) -> later);
    if (prompt != null) {
      last.ifPresent(QuestionArguments::requireImage);
      return question(arguments, prompt);
    }
    if (last.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "the question is missing: give it last, in quotes, or with --prompt TEXT");
    }
    String text = last.get().text();
    if (new File(text).isFile()) {
      throw new BadInputException(
          "the question is missing: "
              + text
              + " is a file; give the question last, in quotes, or with --prompt TEXT");
    }
    arguments.remove(arguments.lastIndexOf(last.get()));
    return question(arguments, text);
  }

  private static Question question(List<Typed> arguments, String text) {
    if (text.isBlank()) {
      throw new BadInputException(
          "the question is empty; give it last, in quotes, or with --prompt TEXT");
    }
    return new Question(images(arguments), text);
  }

  /// Refuses a second question behind `--prompt`, which would be read as the name of an image.
  private static void requireImage(Typed word) {
    String text = word.text();
    boolean image =
        text.equals("-") || text.matches("(?is)(data:|https?://).*") || new File(text).isFile();
    if (!image) {
      throw new BadInputException(
          "'"
              + text
              + "' is not an image file, and --prompt gives the question already; give one question, or"
              + " correct the file name");
    }
  }

  private static List<String> images(List<Typed> arguments) {
    return arguments.stream().map(Typed::text).toList();
  }
}
