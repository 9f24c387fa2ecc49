package llava4j.data.check;

/// The kinds of problems of a sample.
public enum Problem {
  BROKEN_JSON("not valid JSON", true),
  NO_OBJECT("not a JSON object", true),
  ID_MISSING("no id", false),
  IMAGE_FIELD("image is not a path", true),
  OTHER_MODALITY("about a video, audio or other input that is not an image", true),
  SEVERAL_IMAGES("several images", true),
  CONVERSATIONS_FIELD("no list of turns", true),
  TURN_FIELD("a turn without 'from' or 'value'", true),
  DUPLICATE_ID("the same id as an earlier sample", false),

  UNKNOWN_SPEAKER("a speaker other than human and gpt", true),
  TURN_ORDER("human and gpt do not alternate", true),
  BEGINS_WITH_ANSWER("begins with gpt; that turn is dropped", false),
  /// The original code silently masks the whole sample.
  ENDS_WITH_QUESTION("ends with a question that has no answer", true),
  EMPTY_TEXT("an empty question or answer", true),

  PLACEHOLDER_MISSING("an image, but no <image>", true),
  PLACEHOLDER_IN_SEVERAL_TURNS("<image> in several turns", true),
  PLACEHOLDER_IN_ANSWER("<image> in an answer", true),
  PLACEHOLDER_WITHOUT_IMAGE("<image> without an image", true),
  PLACEHOLDER_LATER("<image> not in the first question but in a later one", false),
  PLACEHOLDER_REPEATED("<image> several times in one turn; only one is used", false),

  IMAGE_MISSING("the image does not exist", true),
  IMAGE_UNREADABLE("the image cannot be read", true),
  IMAGE_MISNAMED("the image's file extension does not match its format", false),

  REFUSED("labels cannot be computed", true),
  NOTHING_SUPERVISED("no supervised token within the maximum length", true),
  CUT_OFF("longer than the maximum length; the end is truncated", false);

  private final String title;
  private final boolean hurts;

  Problem(String title, boolean hurts) {
    this.title = title;
    this.hurts = hurts;
  }

  /// A description for the user.
  public String title() {
    return title;
  }

  /// Whether a training run would stop at the sample, skip it or learn something wrong from it.
  /// Other problems are unusual but harmless.
  public boolean hurts() {
    return hurts;
  }
}
