package llava4j.eval.task;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import llava4j.text.ResponseFormat;
import tools.jackson.databind.JsonNode;

/// Checks that the labels belong to the questions. If the two files did not belong together, the
/// score would be meaningless.
///
/// @param labels the file of the labels
record LabelCheck(Path labels) {
  private static final List<String> INSTRUCTIONS =
      Stream.of(ResponseFormat.SHORT, ResponseFormat.LETTER, ResponseFormat.UNANSWERABLE)
          .flatMap(format -> format.instruction().lines())
          .toList();

  /// Fails if the numbers of labels and questions differ.
  ///
  /// @param what the questions are, such as `random questions`
  void requireCount(String what, int asked, int given) {
    if (asked != given) {
      throw new BadInputException(
          labels + " has " + given + " labels for " + asked + " " + what + remedy());
    }
  }

  /// Fails if a label belongs to another question. Fields that the label does not have are not
  /// compared; blanks, case and the response-format prompt are ignored.
  ///
  /// @param textField of the question within the label
  /// @param imageField of the image within the label, with or without extension and folder
  void requireSame(
      Question question, JsonNode label, String textField, String imageField, String where) {
    requireSameText(question, label.path(textField).asStringOpt(), where);
    requireSameImage(question, label.path(imageField).asStringOpt(), where);
  }

  /// Like [#requireSame], for the text only.
  void requireSameText(Question question, Optional<String> text, String where) {
    if (text.isPresent() && !plain(text.get()).equals(plain(asked(question)))) {
      throw other(question, where, "asks '" + text.get().strip() + "'");
    }
  }

  /// Like [#requireSame], for the image only.
  void requireSameImage(Question question, Optional<String> image, String where) {
    Optional<String> shown = question.image().map(QuestionImage::name);
    if (image.isPresent() && shown.isPresent() && !stem(image.get()).equals(stem(shown.get()))) {
      throw other(question, where, "is about the image " + image.get());
    }
  }

  /// Fails if the question's text does not contain the text of the label.
  void requirePart(Question question, Optional<String> part, String where) {
    if (part.isPresent() && !plain(question.text()).contains(plain(part.get()))) {
      throw other(question, where, "asks '" + part.get().strip() + "'");
    }
  }

  private BadInputException other(Question question, String where, String tells) {
    return new BadInputException(
        labels
            + ", "
            + where
            + ", "
            + tells
            + ", but question "
            + question.id()
            + " asks '"
            + asked(question).replace("\n", " ")
            + "'"
            + question.image().map(image -> " about " + fileName(image.name())).orElse("")
            + remedy());
  }

  private static String remedy() {
    return "; questions and labels belong to different versions, download both again";
  }

  /// Without the response-format prompt.
  private static String asked(Question question) {
    String text = question.text().strip();
    for (String instruction : INSTRUCTIONS) {
      text = text.endsWith(instruction) ? withoutEnd(text, instruction) : text;
    }
    return text;
  }

  private static String withoutEnd(String text, String end) {
    return text.substring(0, text.length() - end.length()).strip();
  }

  private static String plain(String text) {
    return text.strip().replaceAll("\\s+", " ").toLowerCase(Locale.ROOT);
  }

  private static String fileName(String path) {
    return path.substring(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  }

  private static String stem(String path) {
    String name = fileName(path);
    return name.contains(".") ? name.substring(0, name.lastIndexOf('.')) : name;
  }
}
