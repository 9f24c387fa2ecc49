package llava4j.data.mixture.rule;

/// Reasons why parts of a source are left out of the mixture or changed.
public enum Incident {
  OTHER_SPLIT("rows of splits other than training"),
  NO_ANNOTATION("questions without an answer in the annotations"),
  BLANK("rows with a blank question, answer or phrase"),
  NO_IMAGE("rows about an image that the source does not list"),
  NO_BOX("regions without a box inside their image"),
  UNEVEN_LISTS("books with different numbers of questions and answers"),
  SURPLUS_REGION("regions beyond the maximum per image"),
  OTHER_CAPTION("captions not used, because one is used per image"),
  NO_OCR("images without OCR tokens, used with an empty list"),
  TOO_SHORT("conversations of fewer than two turns"),
  WRONG_SPEAKERS("conversations in which human and gpt do not alternate"),
  LIST_STARTS_OVER("conversations with a numbered list that starts again at 1"),
  CONTINUATION("continuations of conversations that were split"),
  TRUNCATED("conversations truncated at the token limit"),
  TOO_LONG("conversations whose first question exceeds the token limit"),
  STRAY_PLACEHOLDER("conversations with <image> in a wrong place"),
  NOT_DRAWN("conversations not drawn, because the paper used fewer"),
  SIZE_FROM_ANNOTATIONS("images not found, so the size in the annotations was used");

  private final String words;

  Incident(String words) {
    this.words = words;
  }

  /// A description for the user, to be placed after the count.
  public String words() {
    return words;
  }
}
