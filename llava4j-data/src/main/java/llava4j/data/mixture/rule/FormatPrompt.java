package llava4j.data.mixture.rule;

/// The sentences that tell the model which form of answer is wanted. They are part of the trained
/// model's protocol and must not change by a character.
public final class FormatPrompt {
  /// P_short: visual questions.
  public static final String SHORT = "Answer the question using a single word or phrase.";

  /// P_letter: multiple choice.
  public static final String LETTER =
      "Answer with the option's letter from the given choices directly.";

  /// P_caption: captions.
  public static final String CAPTION = "Provide a one-sentence caption for the provided image.";

  /// P_region, before the coordinates.
  public static final String REGION = "Please provide a short description for this region: ";

  /// P_box, before the sentence.
  public static final String BOX =
      "Please provide the bounding box coordinate of the region this sentence describes: ";

  private FormatPrompt() {}

  /// P_region, as the published data has it.
  public static String region(PaddedBox box) {
    return REGION + box.text() + ".";
  }

  /// P_box, as the published data has it.
  ///
  /// @param sentence ends with its own full stop
  public static String box(String sentence) {
    return BOX + sentence;
  }
}
