package llava4j.experiment.design;

/// What one exchange (a question and its answer) of a training sample teaches. Training files do
/// not say so; it is found from the image's folder and the form of the question.
public enum Skill {
  /// Free conversation about an image, and descriptions: LLaVA-Instruct.
  CONVERSATION("conversation"),
  /// Answers in a word or phrase: VQAv2, OKVQA.
  SHORT("short answers"),
  /// Answers by letter: A-OKVQA.
  CHOICE("choices"),
  /// Text in images: OCRVQA, TextCaps.
  READING("reading"),
  /// Boxes and what is in them: RefCOCO, Visual Genome.
  REGION("regions"),
  /// GQA; in the small mixture the lessons, which ask one question about an image.
  SINGLE("single questions"),
  /// Questions about an image in another language.
  FOREIGN("foreign questions"),
  /// Texts about other languages, without an image.
  TRANSLATION("translations"),
  /// Other text without an image: ShareGPT.
  TEXT("text");

  private final String word;

  Skill(String word) {
    this.word = word;
  }

  /// The name in plans.
  public String word() {
    return word;
  }
}
