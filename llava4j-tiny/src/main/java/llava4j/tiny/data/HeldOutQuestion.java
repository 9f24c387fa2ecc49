package llava4j.tiny.data;

import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Optional;

/// A question that scores the model.
///
/// @param task the table's row
/// @param split what about it is new
/// @param kind what is asked, finer than `task`
/// @param text with its response-format prompt
/// @param answers all that are right
/// @param image drawn for this question
record HeldOutQuestion(
    String id,
    String task,
    Split split,
    TinyTask kind,
    String text,
    List<String> answers,
    Optional<BufferedImage> image) {
  HeldOutQuestion {
    answers = List.copyOf(answers);
  }
}
