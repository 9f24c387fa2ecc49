package llava4j.eval.task;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// One question, ready to be asked.
///
/// @param number from 0, in the order of the benchmark's file; unlike `id` it is unique everywhere
/// @param id as in the benchmark's file
/// @param numeric whether the file has the id as a number: official scorers look it up so
/// @param text what is asked, with the response-format suffix and without a place for the image
/// @param category by which scores are told apart
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

  /// With an id that is a text.
  public Question(int number, String id, List<QuestionImage> images, String text, String category) {
    this(number, id, false, images, text, category);
  }

  /// With one image, in a file of its own.
  static Question about(Path image, int number, String id, boolean numeric, String text) {
    return new Question(
        number, id, numeric, List.of(new QuestionImage.InFile(image)), text, "default");
  }

  /// In another category.
  Question in(String other) {
    return new Question(number, id, numeric, images, text, other);
  }

  /// The first image.
  public Optional<QuestionImage> image() {
    return images.stream().findFirst();
  }
}
