package llava4j.data.check;

/// What can be wrong with a sample.
public enum Problem {
  BROKEN_JSON("no valid JSON", true),
  NO_OBJECT("no JSON object", true),
  ID_MISSING("no id", false),
  IMAGE_FIELD("image is no path", true),
  OTHER_MODALITY("about a video, a sound or another thing that is no image", true),
  SEVERAL_IMAGES("several images", true),
  CONVERSATIONS_FIELD("no list of turns", true),
  TURN_FIELD("a turn without 'from' or 'value'", true),
  DUPLICATE_ID("an id that an earlier sample has", false),

  UNKNOWN_SPEAKER("a speaker other than human and gpt", true),
  TURN_ORDER("human and gpt do not alternate", true),
  BEGINS_WITH_ANSWER("begins with gpt; that turn is left out", false),
  /// The original masks such a sample whole, silently.
  ENDS_WITH_QUESTION("ends with human, unanswered", true),
  EMPTY_TEXT("an empty question or answer", true),

  PLACEHOLDER_MISSING("an image, but no <image>", true),
  PLACEHOLDER_IN_SEVERAL_TURNS("<image> in several turns", true),
  PLACEHOLDER_IN_ANSWER("<image> in an answer", true),
  PLACEHOLDER_WITHOUT_IMAGE("<image> without an image", true),
  PLACEHOLDER_LATER("<image> in a later question only", false),
  PLACEHOLDER_REPEATED("<image> several times in one turn; one counts", false),

  IMAGE_MISSING("the image does not exist", true),
  IMAGE_UNREADABLE("the image cannot be read", true),
  IMAGE_MISNAMED("the image's name says another format", false),

  REFUSED("labels cannot be made", true),
  NOTHING_SUPERVISED("no supervised token within the maximum length", true),
  CUT_OFF("longer than the maximum length; the end is cut off", false);

  private final String title;
  private final boolean hurts;

  Problem(String title, boolean hurts) {
    this.title = title;
    this.hurts = hurts;
  }

  /// In words.
  public String title() {
    return title;
  }

  /// Whether a training run would end, skip the sample or learn something wrong from it. The others
  /// are odd, but trained on as they are.
  public boolean hurts() {
    return hurts;
  }
}
