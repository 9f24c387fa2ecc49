package llava4j.data.mixture.rule;

/// The instructions that tell the model the wanted response format. The model was trained with
/// exactly these sentences, so they must not be changed.
public final class FormatPrompt {
  /// P_short: for visual questions.
  public static final String SHORT = "Answer the question using a single word or phrase.";

  /// P_letter: for multiple choice.
  public static final String LETTER =
      "Answer with the option's letter from the given choices directly.";

  /// P_caption: for captions.
  public static final String CAPTION = "Provide a one-sentence caption for the provided image.";

  /// P_region: the part before the box.
  public static final String REGION = "Please provide a short description for this region: ";

  /// P_box: the part before the sentence.
  public static final String BOX =
      "Please provide the bounding box coordinate of the region this sentence describes: ";

  private FormatPrompt() {}

  /// P_region for a box, as in the published data.
  public static String region(PaddedBox box) {
    return REGION + box.text() + ".";
  }

  /// P_box for a sentence, as in the published data.
  ///
  /// @param sentence the sentence, with its full stop
  public static String box(String sentence) {
    return BOX + sentence;
  }
}
