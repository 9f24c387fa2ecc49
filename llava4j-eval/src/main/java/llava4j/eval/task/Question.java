package llava4j.eval.task;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// One question of a benchmark.
///
/// @param number from 0, in the order of the benchmark's file; unique, unlike `id`
/// @param id as in the benchmark's file
/// @param numeric whether the id is a number in the file, as some official scorers expect
/// @param text the question with the response-format prompt and without `<image>`
/// @param category the category that is scored separately
public record Question(
    int number,
    String id,
    boolean numeric,
    List<QuestionImage> images,
    String text,
    String category) {
  public Question {
    images = List.copyOf(images);
  }

  /// A question whose id is a text.
  public Question(int number, String id, List<QuestionImage> images, String text, String category) {
    this(number, id, false, images, text, category);
  }

  /// A question with one image, which is a file.
  static Question about(Path image, int number, String id, boolean numeric, String text) {
    return new Question(
        number, id, numeric, List.of(new QuestionImage.InFile(image)), text, "default");
  }

  /// The same question in another category.
  Question in(String other) {
    return new Question(number, id, numeric, images, text, other);
  }

  /// The first image.
  public Optional<QuestionImage> image() {
    return images.stream().findFirst();
  }
}
