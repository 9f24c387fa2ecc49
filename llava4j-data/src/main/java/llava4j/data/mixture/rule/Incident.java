package llava4j.data.mixture.rule;

/// What happened to parts of a source on the way into the mixture.
public enum Incident {
  OTHER_SPLIT("rows of other splits than training"),
  NO_ANNOTATION("questions without an answer in the annotations"),
  BLANK("rows with a blank question, answer or phrase"),
  NO_IMAGE("rows about an image that the source does not list"),
  NO_BOX("regions without a box inside their image"),
  UNEVEN_LISTS("books with other numbers of questions and answers"),
  SURPLUS_REGION("regions beyond the most that an image may have"),
  OTHER_CAPTION("captions of images that have another one"),
  NO_OCR("images without a row of OCR tokens, asked with an empty list"),
  TOO_SHORT("conversations of fewer than two turns"),
  WRONG_SPEAKERS("conversations in which people and model do not take turns"),
  LIST_STARTS_OVER("conversations with a numbered list that starts over"),
  CONTINUATION("continuations of conversations that somebody split"),
  TRUNCATED("conversations cut at the token limit"),
  TOO_LONG("conversations whose first question fills the token limit"),
  STRAY_PLACEHOLDER("conversations with <image> where it does not belong"),
  NOT_DRAWN("conversations not drawn, since the paper took fewer"),
  SIZE_FROM_ANNOTATIONS("images not found, whose size the annotations gave");

  private final String words;

  Incident(String words) {
    this.words = words;
  }

  /// For a reader, to go in front of a number.
  public String words() {
    return words;
  }
}
