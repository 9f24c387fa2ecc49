package llava4j.spark;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.List;
import llava4j.eval.task.Question;
import llava4j.eval.task.QuestionImage;

/// A question on its way to an executor, which reads the images at the same paths.
record SentQuestion(int number, String id, boolean numeric, List<Image> images, String text)
    implements Serializable {

  /// @param table null for an image in a file of its own, whose path is the name
  record Image(String name, String table, long offset, int length) implements Serializable {

    static Image of(QuestionImage image) {
      return switch (image) {
        case QuestionImage.InFile(Path path) ->
            new Image(path.toAbsolutePath().toString(), null, 0, 0);
        case QuestionImage.InTable(String name, Path table, long offset, int length) ->
            new Image(name, table.toAbsolutePath().toString(), offset, length);
      };
    }

    QuestionImage image() {
      return table == null
          ? new QuestionImage.InFile(Path.of(name))
          : new QuestionImage.InTable(name, Path.of(table), offset, length);
    }
  }

  static SentQuestion of(Question question) {
    return new SentQuestion(
        question.number(),
        question.id(),
        question.numeric(),
        question.images().stream().map(Image::of).toList(),
        question.text());
  }

  Question question() {
    return new Question(number, id, numeric, images.stream().map(Image::image).toList(), text, "");
  }
}
