package llava4j.text;

import java.util.Locale;
import java.util.stream.Stream;

/// The paper's response-format prompts (section 3.2): a sentence after the question that says how
/// to answer.
public enum ResponseFormat {
  FREE(""),
  SHORT("Answer the question using a single word or phrase."),
  LETTER("Answer with the option's letter from the given choices directly."),
  CAPTION("Provide a one-sentence caption for the provided image."),
  /// After the coordinates of a region.
  REGION("Provide a short description for this region."),
  /// After a phrase to be located in the image.
  BOX("Provide the bounding box coordinate of the region this sentence describes."),
  UNANSWERABLE(
      "When the provided information is insufficient, respond with 'Unanswerable'.\n"
          + "Answer the question using a single word or phrase.");

  private final String instruction;

  ResponseFormat(String instruction) {
    this.instruction = instruction;
  }

  /// The question with the instruction on its own line.
  public String applyTo(String question) {
    return instruction.isEmpty() ? question : question + "\n" + instruction;
  }

  /// The format in the question of a training sample; [#FREE] if there is none. Region and box
  /// instructions may be within a sentence, so the full stop is ignored.
  public static ResponseFormat of(String question) {
    String text = question.toLowerCase(Locale.ROOT);
    // first, because it contains the prompt for short answers
    return Stream.of(UNANSWERABLE, SHORT, LETTER, CAPTION, REGION, BOX)
        .filter(format ->
            text.contains(
                format
                    .instruction
                    .substring(0, format.instruction.length() - 1)
                    .toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElse(FREE);
  }

  /// The instruction itself; empty for [#FREE].
  public String instruction() {
    return instruction;
  }
}
